/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log-linear latency buckets: 16 (TC_HISTOGRAM_STEPS) per power of two, so a bucket is at most 1/16 as wide as the
 * values in it.
 * Shared by the probes and by user space, so that both speak of the same buckets. Values are nanoseconds.
 *
 * Values 0 to 15 have a bucket each; the bucket of v >= 16 is chosen by its highest set bit and the four bits below.
 * Everything from 2^TC_HISTOGRAM_OCTAVES (73 minutes) on lands in the last bucket.
 */
#ifndef TASKCOST_HISTOGRAM_H
#define TASKCOST_HISTOGRAM_H

#include "taskcost/abi.h"

enum {
  TC_HISTOGRAM_OCTAVES = 42,
  TC_HISTOGRAM_STEP_BITS = 4,
  TC_HISTOGRAM_STEPS = 1 << TC_HISTOGRAM_STEP_BITS,
  TC_HISTOGRAM_BUCKETS = TC_HISTOGRAM_STEPS * (TC_HISTOGRAM_OCTAVES - TC_HISTOGRAM_STEP_BITS + 1),
};

struct tc_histogram {
  __u64 sum_ns;
  __u64 max_ns;
  __u64 min_ns_inverted; /* ~minimum: zeroed memory is then a valid empty histogram */
  __u64 buckets[TC_HISTOGRAM_BUCKETS];
};

#ifdef __cplusplus
#define TC_HISTOGRAM_INLINE inline
#else
#define TC_HISTOGRAM_INLINE static __attribute__((always_inline)) inline
#endif

/* Index of the highest set bit of v, which is not 0. BPF has no instruction for it. */
TC_HISTOGRAM_INLINE __u32 tc_highest_bit(__u64 v) {
  __u32 bit = 0;

  if (v >> 32) {
    v >>= 32;
    bit += 32;
  }
  if (v >> 16) {
    v >>= 16;
    bit += 16;
  }
  if (v >> 8) {
    v >>= 8;
    bit += 8;
  }
  if (v >> 4) {
    v >>= 4;
    bit += 4;
  }
  if (v >> 2) {
    v >>= 2;
    bit += 2;
  }
  return bit + (__u32)(v >> 1);
}

TC_HISTOGRAM_INLINE __u32 tc_bucket_of(__u64 ns) {
  __u32 octave, bucket;

  if (ns < TC_HISTOGRAM_STEPS) return (__u32)ns;
  octave = tc_highest_bit(ns) - TC_HISTOGRAM_STEP_BITS;
  bucket = TC_HISTOGRAM_STEPS * (octave + 1) + ((__u32)(ns >> octave) & (TC_HISTOGRAM_STEPS - 1));
  return bucket < TC_HISTOGRAM_BUCKETS ? bucket : TC_HISTOGRAM_BUCKETS - 1;
}

/* Smallest value of a bucket; of the bucket after the last, the limit of the last. */
TC_HISTOGRAM_INLINE __u64 tc_bucket_from(__u32 bucket) {
  if (bucket < TC_HISTOGRAM_STEPS) return bucket;
  return (__u64)(TC_HISTOGRAM_STEPS + bucket % TC_HISTOGRAM_STEPS) << (bucket / TC_HISTOGRAM_STEPS - 1);
}

#endif
