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

/* For xgettext alone: what the client library says of a line that fails. */
__attribute__((unused)) static const char *const library_says[] = {
	N_("the connection was refused"),
	N_("the other end reset the connection"),
	N_("the other end does not answer"),
	N_("the host cannot be reached"),
	N_("the network cannot be reached"),
	N_("the connection is not permitted"),
	N_("there is no such socket"),
	N_("the connection failed"),
	N_("there is no host of that name"),
	N_("the name server does not answer"),
	N_("the name could not be looked up"),
	N_("no address is left to try"),
	N_("the connection was cut"),
	N_("the other end closed before it was secured"),
	N_("the other end does not answer any more"),
	N_("the connection has become silent"),
	N_("the address of this computer has changed"),
	N_("the server showed no key"),
	N_("the server's key is not trusted"),
	N_("a password is needed"),
	N_("no password was given"),
};

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
