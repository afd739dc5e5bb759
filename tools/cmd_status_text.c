/* SPDX-License-Identifier: ISC */
/*
 * cmd_status_text: words of any length, on lines that a console has room for.
 */
#include <stdio.h>
#include <string.h>

#include "tools/status.h"

#define WIDTH	80

size_t
status_text(size_t column, size_t indent, const char *text)
{
	size_t n, gap = 0;

	for (; *(text += strspn(text, " ")) != '\0'; text += n) {
		n = strcspn(text, " ");
		if (column > indent && column + gap + n > WIDTH) {
			printf("\n%*s", (int)indent, "");
			column = indent;
			gap = 0;
		}
		printf("%*s%.*s", (int)gap, "", (int)n, text);
		column += gap + n;
		gap = 1;
	}
	return column;
}

void
status_note(char mark, const char *text)
{
	printf("%*s%c ", STATUS_INDENT - 2, "", mark);
	(void)status_text(STATUS_INDENT, STATUS_INDENT, text);
	putchar('\n');
}
