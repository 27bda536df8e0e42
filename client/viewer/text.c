/*
 * text.c - where translations are: beside the program, as in the folder that
 * it was built in, or where `make install` puts them.
 */
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/viewer/text.h"

#define DOMAIN "oriel"

static bool find(char *out, size_t size, const char *folder, const char *sub)
{
	int n = snprintf(out, size, "%s/%s", folder, sub);
	return n > 0 && (size_t)n < size && access(out, X_OK) == 0;
}

void orl_text_init(void)
{
	char exe[1024], path[1100];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(exe, '/');
	/* Numbers stay as they are: programs read some of them. */
	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
	if (!slash)
		return;
	*slash = '\0';
	if (!find(path, sizeof(path), exe, "locale") &&
			!find(path, sizeof(path), exe, "../share/locale"))
		return;
	bindtextdomain(DOMAIN, path);
	bind_textdomain_codeset(DOMAIN, "UTF-8");
	textdomain(DOMAIN);
}

const char *orl_text(const char *text)
{
	return *text ? gettext(text) : text;
}
