/* SPDX-License-Identifier: ISC */
/*
 * secret: passwords, tokens and keys in files of their own, so that they are
 * in no configuration, log or journal.
 */
#ifndef UPLINKD_ACTIONS_SECRET_H
#define UPLINKD_ACTIONS_SECRET_H

#include <stddef.h>

#define SECRET_WHY_MAX	256

/*
 * Thread: any.  The first line of a file that nobody else can read, looked at
 * by its open descriptor.  0, or -errno and why, which begins with key.  The
 * caller wipes buf.
 */
int	secret_read(const char *path, const char *key, char *buf, size_t size,
	    char why[SECRET_WHY_MAX]);
/* Thread: any.  A server may say what it was told: stars in its place. */
void	secret_hide(char *text, const char *secret);
/* A URL that is a secret, and its path alone, as servers repeat it. */
void	secret_hide_url(char *text, const char *url);
/* The same as basic authentication writes it. */
void	secret_hide_basic(char *text, const char *user, const char *password);
/* The same as AUTH PLAIN and AUTH LOGIN of SMTP write it. */
void	secret_hide_sasl(char *text, const char *user, const char *password);

#endif
