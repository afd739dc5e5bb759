/* SPDX-License-Identifier: ISC */
/*
 * err: one text for an errno or a ZeroMQ error number, safe in any thread.
 */
#ifndef UPLINKD_LIB_ERR_H
#define UPLINKD_LIB_ERR_H

#include <stddef.h>

#define ERR_TEXT_MAX 96

/*
 * Thread: any.  Takes -errno or errno, fills and returns buf.  errno is kept.
 * Usage: char e[ERR_TEXT_MAX]; log_warning("x: %s", err_text(rc, e));
 */
const char	*err_text(int err, char buf[ERR_TEXT_MAX]);

#endif
