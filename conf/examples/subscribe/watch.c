/* SPDX-License-Identifier: ISC */
/*
 * watch: a line for each change of an uplink, by libuplink.
 *	cc -o watch watch.c $(pkg-config --cflags --libs libuplink)
 */
#include <libuplink.h>
#include <stdio.h>

int
main(int argc, char **argv)
{
	const struct uplink_status *u;
	struct uplink_client *c;
	struct uplink_news news;
	size_t i;

	if (uplink_client_open(argc > 1 ? argv[1] : NULL, &c) != 0)
		return 1;
	while (uplink_client_next(c, -1, &news) >= 0) {
		if (news.kind == UPLINK_NEWS_LOST)
			printf("uplinkd is silent\n");
		if (news.kind == UPLINK_NEWS_EVENT)
			printf("%s: %s -> %s (%s)\n", news.uplink,
			    uplink_level_name(news.previous),
			    uplink_level_name(news.level), news.cause);
		for (i = 0; news.kind == UPLINK_NEWS_SYNC &&
		    (u = uplink_client_get(c, i)) != NULL; i++)
			printf("%s is %s%s\n", u->name,
			    uplink_level_name(u->level),
			    u->carrying ? ", carries" : "");
		fflush(stdout);
	}
	uplink_client_close(&c);
	return 0;
}
