// SPDX-License-Identifier: Apache-2.0
//
// Code of arm64 with each way to save the return address. The build has no compiler for it, so the file is kept:
//
//   clang --target=aarch64-linux-gnu -O2 -fomit-frame-pointer -fasynchronous-unwind-tables -nostdlib -static \
//     -fuse-ld=lld -o arm64.elf tests/elf/arm64.c && llvm-strip arm64.elf && mv arm64.elf tests/fuzz/corpus/unwind/
int (*volatile call)(int, void *);

__attribute__((noinline)) static int leaf(int x) { return x * 3; }

__attribute__((noinline)) int small(int x) {
  int local[4];
  return call(x, local) + leaf(x);
}

__attribute__((noinline)) int with_alloca(int n) { return call(n, __builtin_alloca(n)); }

__attribute__((noinline)) int large(int n) {
  char buffer[5000];
  return call(n, buffer) + 1;
}

__attribute__((noinline)) int realigned(int n) {
  _Alignas(128) char buffer[300];
  return call(n, buffer) + 1;
}

void _start(void) {
  small(1);
  with_alloca(2);
  large(3);
  realigned(4);
}

__asm__(
    "outermost:\n"
    ".cfi_startproc\n"
    ".cfi_undefined x30\n"
    "nop\n"
    "blr x0\n"
    ".cfi_endproc\n"

    "link_alone:\n"
    ".cfi_startproc\n"
    "str x30, [sp, -16]!\n"
    ".cfi_def_cfa_offset 16\n"
    ".cfi_offset 30, -16\n"
    "blr x0\n"
    "ldr x30, [sp], 16\n"
    ".cfi_restore 30\n"
    ".cfi_def_cfa_offset 0\n"
    "ret\n"
    ".cfi_endproc\n"

    "signed_link:\n"
    ".cfi_startproc\n"
    ".cfi_b_key_frame\n"
    "hint 27\n"
    ".cfi_negate_ra_state\n"
    "stp x29, x30, [sp, -16]!\n"
    ".cfi_def_cfa_offset 16\n"
    ".cfi_offset 29, -16\n"
    ".cfi_offset 30, -8\n"
    "blr x0\n"
    "ldp x29, x30, [sp], 16\n"
    ".cfi_restore 29\n"
    ".cfi_restore 30\n"
    ".cfi_def_cfa_offset 0\n"
    "hint 31\n"
    ".cfi_negate_ra_state\n"
    "ret\n"
    ".cfi_endproc\n"

    "trampoline:\n"
    ".cfi_startproc\n"
    ".cfi_signal_frame\n"
    ".cfi_def_cfa x29, 0\n"
    ".cfi_offset 29, 0\n"
    ".cfi_offset 30, 8\n"
    "mov x8, 139\n"
    "svc 0\n"
    ".cfi_endproc\n");
