/* SPDX-License-Identifier: ISC */
/* none: a shared object that is no plugin. */
#include <uplinkd_plugin.h>

const int none = UPLINKD_PLUGIN_ABI;
