// SPDX-License-Identifier: Apache-2.0
//
// naps_there TIMES: sleeps below nap_there().
#include "naps.h"

NAP_BELOW(nap_there)
