# SPDX-License-Identifier: Apache-2.0
#
# Builds for arm64 with Debian's cross compilers, against the packages that tests/vm/foreign.sh unpacks to
# TASKCOST_SYSROOT.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES TASKCOST_SYSROOT)

set(CMAKE_SYSROOT ${TASKCOST_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${TASKCOST_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${TASKCOST_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${TASKCOST_SYSROOT}/usr/share/pkgconfig)
# The tests that are built do not run on this machine.
set(CMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE PRE_TEST)
