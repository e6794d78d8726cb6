/* SPDX-License-Identifier: Apache-2.0 */
/* What tasks waited for: files, connections and disks. */
#ifndef TASKCOST_ABI_WAIT_OBJECTS_H
#define TASKCOST_ABI_WAIT_OBJECTS_H

#include "taskcost/abi_records.h"

enum {
  TC_OBJECT_WAIT_NS = 20 * 1000, /* shorter waits are not told apart by object */
  TC_MAX_WAIT_OBJECTS = 4096,
  TC_OBJECT_NAME_LEN = 256,
  TC_DISK_NAME_LEN = 32,
};

/* A file by its inode, or a socket by its addresses. All 0: not known. */
struct tc_wait_object {
  __u16 file;      /* TC_FILE_* */
  __u16 protocol;  /* of a socket */
  __u16 port;      /* of an inet socket. 0: several, as of connections to one peer */
  __u16 peer_port; /* 0: several, as of accepted connections, or there is no peer */
  __u32 device;    /* of the file system, in the kernel's encoding */
  __u32 disk;      /* block device: that of the file system, or the file itself; 0: none */
  __u64 inode;     /* its number; of a unix socket with an address a hash of that */
  __u32 generation;
  __u32 listens;    /* an inet socket that accepts connections */
  __u32 address[4]; /* of an inet socket; IPv4 is mapped into IPv6; network byte order */
  __u32 peer[4];    /* all 0: none */
};

/* Waits of one task for one cause and object, of TC_OBJECT_WAIT_NS or more. */
struct tc_wait_object_key {
  __u64 task; /* ledger id */
  __u32 wait; /* enum tc_wait */
  __u32 pad;
  struct tc_wait_object object;
};

/* tc_wait_object_sums.name_bits */
enum {
  TC_NAME_CUT = 1 << 0,     /* it begins with further directories */
  TC_NAME_DELETED = 1 << 1, /* the path leads to this file no longer */
  TC_NAME_NO_PATH = 1 << 2, /* of a file without a directory, as a memfd */
};

struct tc_wait_object_sums {
  __u64 count;
  __u64 ns;
  __u64 max_ns;
  __u32 name_bits;
  __u32 name_size;             /* bytes of `name` in use */
  char disk[TC_DISK_NAME_LEN]; /* name of the whole disk */
  /* The parts of a path, the last one first, each with its NUL; the path of a unix socket as in struct sockaddr_un. */
  char name[TC_OBJECT_NAME_LEN];
};

struct tc_wait_object_record {
  struct tc_record record;
  struct tc_wait_object_key key;
  struct tc_wait_object_sums sums;
};

#endif
