/* SPDX-License-Identifier: ISC */
/*
 * printable: which foreign bytes may be shown.  Pure, any thread.
 */
#ifndef UPLINKD_LIB_PRINTABLE_H
#define UPLINKD_LIB_PRINTABLE_H

#include <stddef.h>

/*
 * Bytes at s that may go out as they are: a printable ASCII one, or a whole
 * UTF-8 sequence (RFC 3629).  0 for a control byte, for a C1 control, which
 * terminals obey too, and for what is not UTF-8: journald would show the line
 * as a blob.
 */
size_t	printable(const char *s);

#endif
