/*
 * usb_memory.c - which USB devices a desktop was given: usb_devices, beside
 * known_hosts. A line is the server's key, the device's numbers and its serial
 * number; one that is there is given to that server again, by itself. The
 * newest is the last line, and the oldest go when there are too many.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/viewer/hosts.h"
#include "client/viewer/usb.h"
#include "client/viewer/viewer.h"

static const char *find(const char *text, size_t n, const char *line)
{
	size_t length = strlen(line);

	for (const char *p = text, *end = text + n; p < end;) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		size_t k = (size_t)((stop ? stop : end) - p);

		if (k == length && memcmp(p, line, k) == 0)
			return p;
		p += k + 1;
	}
	return NULL;
}

bool orl_usb_memory_has(const char *text, size_t n, const char *line)
{
	return n && find(text, n, line);
}

size_t orl_usb_memory_set(char *out, size_t size, const char *text, size_t n,
		const char *line, bool there)
{
	const char *at = n ? find(text, n, line) : NULL;
	size_t k = strlen(line) + 1, before = at ? (size_t)(at - text) : n;
	size_t skip = at ? before + k : n, used = 0;

	skip = skip < n ? skip : n;
	/* The oldest are left out where there is no room. */
	const char *from = text;
	while (before + (n - skip) + k + 1 > size && before) {
		const char *stop = memchr(from, '\n', before);
		size_t gone = stop ? (size_t)(stop - from) + 1 : before;
		from += gone;
		before -= gone;
	}
	if (before + (n - skip) + k + 1 > size)
		return 0;
	memcpy(out, from, before);
	used = before;
	if (used && out[used - 1] != '\n')
		out[used++] = '\n';
	memcpy(out + used, text + skip, n - skip);
	used += n - skip;
	if (used && out[used - 1] != '\n')
		out[used++] = '\n';
	if (there) {
		memcpy(out + used, line, k - 1);
		used += k - 1;
		out[used++] = '\n';
	}
	return used;
}

void orl_usb_memory_line(char *out, size_t size, const uint8_t key[static 32],
		const struct oriel_usb_info *info, const char *serial)
{
	char hex[65];

	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", key[i]);
	snprintf(out, size, "sha256:%s %04x:%04x %s", hex, info->vendor,
			info->product, serial[0] ? serial : "-");
}

/* ---- on disk ----------------------------------------------------------- */

static size_t load(char *text, size_t size)
{
	char path[1024];
	size_t n = 0;
	FILE *f;

	if (orl_config_path(path, sizeof(path), "usb_devices"))
		return 0;
	f = fopen(path, "re");
	if (!f)
		return 0;
	n = fread(text, 1, size, f);
	fclose(f);
	return n;
}

static void save(const char *text, size_t n)
{
	char path[1024], temp[1040];
	int fd;

	if (orl_config_path(path, sizeof(path), "usb_devices"))
		return;
	for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		bool ok = mkdir(path, 0700) == 0 || errno == EEXIST;
		*p = '/';
		if (!ok)
			return;
	}
	snprintf(temp, sizeof(temp), "%s.XXXXXX", path);
	fd = mkostemp(temp, O_CLOEXEC); /* 0600 */
	if (fd < 0)
		return;
	bool ok = write(fd, text, n) == (ssize_t)n;
	ok = close(fd) == 0 && ok && rename(temp, path) == 0;
	if (!ok)
		unlink(temp);
}

bool orl_usb_remembered(const char *line)
{
	char *text = malloc(ORL_USB_MEMORY_MAX);
	bool has = text &&
		   orl_usb_memory_has(
				   text, load(text, ORL_USB_MEMORY_MAX), line);

	free(text);
	return has;
}

void orl_usb_remember(const char *line, bool given)
{
	char *text = malloc(ORL_USB_MEMORY_MAX);
	char *out = malloc(ORL_USB_MEMORY_MAX);

	if (text && out) {
		size_t n = load(text, ORL_USB_MEMORY_MAX);
		if (orl_usb_memory_has(text, n, line) != given)
			save(out, orl_usb_memory_set(out, ORL_USB_MEMORY_MAX,
						  text, n, line, given));
	}
	free(text);
	free(out);
}
