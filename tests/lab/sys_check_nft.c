/* SPDX-License-Identifier: ISC */
/*
 * sys_check_nft: a table of the real packet filter, as lib/sys.h writes it,
 * looks at it and hears of it; and what CAP_NET_ADMIN alone is enough for.
 */
#include "tests/lab/sys_check.h"

#include "conf/conf.h"
#include "routing/marks.h"

#define NAME	"uplinkd"
#define MADE	"table inet " NAME "\ndelete table inet " NAME "\n" \
	"table inet " NAME " {\n" \
	"chain c { type filter hook prerouting priority -140; policy accept;\n" \
	"iifname \"nowhere\" ct mark set ct mark & 0xff80ffff | 0x10000\n" \
	"jump d\n}\nchain d {\nreturn\n}\n}\n"

static int
nft(const char *commands)
{
	char why[200];
	int rc = sys_nft_run(commands, why, sizeof(why));

	if (rc != 0)
		printf("# %s\n", why);
	return rc;
}

static struct sys_nft
look(struct lab *l)
{
	struct sys_nft seen;

	answers(l, sys_nft_look(l->sys, NAME, &seen), 0, "it can be looked at");
	return seen;
}

static bool
same(const struct sys_nft *a, const struct sys_nft *b)
{
	return a->there == b->there && a->digest == b->digest;
}

static void
check_look(struct lab *l)
{
	struct sys_nft none = look(l), made, again, seen;

	check(l, !none.there, "at first there is no table");
	answers(l, nft(MADE), 0, "it is made");
	made = look(l);
	check(l, made.there, "then it is there");
	check(l, made.generation == none.generation + 1,
	    "by one change of the ruleset");
	answers(l, nft(MADE), 0, "it is made anew");
	again = look(l);
	check(l, same(&made, &again), "the same text gives the same digest");
	answers(l, nft("add table inet other\nadd chain inet other c\n"
	    "add table ip " NAME "\nadd chain ip " NAME " c\n"), 0,
	    "others are made");
	seen = look(l);
	check(l, same(&made, &seen), "they have no part in it");
	answers(l, nft("delete table inet " NAME), 0, "it is deleted");
	seen = look(l);
	check(l, !seen.there, "then it is gone");
}

static void
check_changes(struct lab *l)
{
	static const char *const changes[] = {
		"add rule inet " NAME " d accept",
		"insert rule inet " NAME " c accept",
		"flush chain inet " NAME " d",
		"add chain inet " NAME " e",
		"add chain inet " NAME " c { policy drop; }",
		"add table inet " NAME " { flags dormant; }",
	};
	struct sys_nft made, seen;
	size_t i;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		answers(l, nft(MADE), 0, "it is made");
		made = look(l);
		answers(l, nft(changes[i]), 0, changes[i]);
		seen = look(l);
		check(l, !same(&made, &seen), "that is seen");
	}
}

/* What was wrong changes nothing, and is told in one line. */
static void
check_wrong(struct lab *l)
{
	struct sys_nft made, seen;
	char why[200];

	answers(l, nft(MADE), 0, "it is made");
	made = look(l);
	answers(l, sys_nft_run("delete table inet " NAME "\nnonsense\n", why,
	    sizeof(why)), -EIO, "nonsense is refused");
	check(l, why[0] != '\0' && strchr(why, '\n') == NULL,
	    "the reason is one line");
	answers(l, sys_nft_run("delete table inet " NAME "\n"
	    "add rule inet nowhere c accept\n", why, sizeof(why)), -EIO,
	    "so is what the kernel does not take");
	seen = look(l);
	check(l, same(&made, &seen), "the whole of it");
}

/* Masks at the ends of the word, which nft writes in other ways, and all bits. */
static void
check_masks(struct lab *l)
{
	static const struct {
		size_t		 uplinks;
		const char	*name;
		int64_t		 mark, mask;
	} odd[] = {
		{ 1, "ppp", 0x80000000, 0x80000000 },
		{ 1, "ppp", 0x1, 0xffffffff },
		{ 31, "eth0.", 0x4000000, 0xfc000000 },
		{ 64, "a-b_c.d-eth10", 0x2000000, 0xfe000000 },
		{ 64, "", 0x1, 0x7f },
	};
	static struct conf_uplink uplinks[CONF_UPLINKS_MAX];
	static char text[MARKS_TEXT_MAX];
	struct conf conf = { .uplinks = uplinks };
	struct sys_nft made, again;
	size_t i, n;

	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		conf.nuplinks = odd[i].uplinks;
		conf.routing.mark = odd[i].mark;
		conf.routing.mark_mask = odd[i].mask;
		for (n = 0; n < conf.nuplinks; n++)
			snprintf(uplinks[n].ifname, sizeof(uplinks[n].ifname),
			    "%s%u", odd[i].name, (unsigned)n % 100);
		check(l, marks_write(&conf, text, sizeof(text)) > 0,
		    "the text is made");
		answers(l, nft(text), 0, "it is taken");
		made = look(l);
		answers(l, nft(text), 0, "it is taken again");
		again = look(l);
		check(l, same(&made, &again), "the same comes of it");
	}
	answers(l, nft(marks_none()), 0, "it is removed");
	made = look(l);
	check(l, !made.there, "then it is gone");
}

static bool
told(struct lab *l, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	/* Notices are there when the answer to a change is. */
	return poll(&p, 1, 0) == 1 && sys_nft_changed(l->other) == 1;
}

static void
check_watch(struct lab *l)
{
	int fd, i;

	answers(l, nft(MADE), 0, "it is made");
	answers(l, sys_nft_watch(l->other, NAME, &fd), 0, "it is watched");
	answers(l, sys_nft_changed(l->other), 0, "nothing is told at first");
	answers(l, nft("add table inet other\nadd set inet other s "
	    "{ type ipv4_addr; }\nadd element inet other s { 10.0.0.1 }\n"
	    "add rule ip " NAME " c accept\n"), 0, "others change");
	check(l, !told(l, fd), "that is not told");
	answers(l, nft("add rule inet " NAME " d accept"), 0, "it changes");
	check(l, told(l, fd), "that is told");
	answers(l, sys_nft_changed(l->other), 0, "once");
	answers(l, nft(MADE), 0, "it is made anew");
	check(l, told(l, fd), "that is told");
	answers(l, nft("flush ruleset"), 0, "all is flushed");
	check(l, told(l, fd), "that is told");
	for (i = 0; i < 2000; i++)
		if (nft("add table inet other\nadd chain inet other c\n"
		    "delete table inet other\n") != 0)
			break;
	check(l, i == 2000, "a lot happens");
	answers(l, nft(MADE), 0, "it is made");
	check(l, told(l, fd), "that is told, or that notices were lost");
}

/* In a child.  Which step fails, as its exit status; 0: none. */
static int
with_little(struct lab *l)
{
	struct sys_nft seen;

	if (sys_keep_net("nobody") != 0)
		return 2;
	if (nft(MADE) != 0)
		return 3;
	if (sys_nft_look(l->sys, NAME, &seen) != 0 || !seen.there)
		return 4;
	return 0;
}

static void
check_power(struct lab *l)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	MUST(pid != -1);
	if (pid == 0)
		_exit(with_little(l));
	MUST(waitpid(pid, &status, 0) == pid);
	if (status != 0)
		printf("# step %d\n", WEXITSTATUS(status));
	check(l, status == 0, "CAP_NET_ADMIN alone is enough");
	fflush(stdout);
	pid = fork();
	MUST(pid != -1);
	if (pid == 0)
		_exit(sys_drop_power("nobody") != 0 ? 2 :
		    nft(MADE) == 0 ? 3 : 0);
	MUST(waitpid(pid, &status, 0) == pid);
	check(l, status == 0, "without it nothing is written");
}

int
main(void)
{
	struct lab l;

	begin(&l);
	check_look(&l);
	check_changes(&l);
	check_wrong(&l);
	check_masks(&l);
	check_watch(&l);
	check_power(&l);
	return end(&l);
}
