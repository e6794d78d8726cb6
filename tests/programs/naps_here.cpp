// SPDX-License-Identifier: Apache-2.0
//
// naps_here TIMES: sleeps below nap_here().
#include "naps.h"

NAP_BELOW(nap_here)
