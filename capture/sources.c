/*
 * sources.c - which sources this build has.
 *
 * The one place that knows what was left out: ORIEL_NO_X11 for a machine
 * without Xlib, ORIEL_NO_QEMU for one without libsystemd (its D-Bus),
 * ORIEL_NO_RDP for one without libfreerdp2, and
 * ORIEL_NO_LIBAV for a build without GPL parts (Debian's libavcodec is built
 * with x264).
 */
#include <string.h>

#include "capture/capture.h"

const struct orl_source_kind *const orl_sources[] = {
#ifndef ORIEL_NO_X11
	&orl_source_x11,
#endif
#ifndef ORIEL_NO_QEMU
	&orl_source_qemu,
#endif
	&orl_source_rfb,
#ifndef ORIEL_NO_RDP
	&orl_source_rdp,
#endif
#ifndef ORIEL_NO_LIBAV
	&orl_source_trace,
#endif
	&orl_source_pattern,
	NULL,
};

const struct orl_source_kind *orl_source_find(const char *source, char *why)
{
	size_t n = strcspn(source, ":");

	for (size_t i = 0; orl_sources[i]; i++) {
		const char *name = orl_sources[i]->name;

		if (strlen(name) == n && memcmp(name, source, n) == 0)
			return orl_sources[i];
	}
	snprintf(why, ORL_WHY_MAX,
			"this build has no source '%.*s' (see --help)",
			n < 32 ? (int)n : 32, source);
	return NULL;
}

void orl_source_help(FILE *out)
{
	for (size_t i = 0; orl_sources[i]; i++)
		fprintf(out, "  %s%s\n", orl_sources[i]->name,
				orl_sources[i]->help);
}

void orl_source_version(FILE *out)
{
#ifndef ORIEL_NO_X11
	fputs("source x11: libX11 libXext libXdamage libXfixes libXtst "
	      "libXrandr (MIT)\n",
			out);
#else
	fputs("source x11: not in this build\n", out);
#endif
#ifndef ORIEL_NO_QEMU
	fputs("source qemu: libsystemd (LGPL-2.1)\n", out);
#else
	fputs("source qemu: not in this build\n", out);
#endif
	fputs("source rfb: OpenSSL (Apache-2.0) zlib (zlib), in oriel-rfb\n",
			out);
#ifndef ORIEL_NO_RDP
	fputs("source rdp: libfreerdp2 (Apache-2.0), in oriel-rdp\n", out);
#else
	fputs("source rdp: not in this build\n", out);
#endif
#ifndef ORIEL_NO_LIBAV
	fputs("source trace: libavformat libavcodec libswscale "
	      "(GPL as Debian builds them)\n",
			out);
#else
	fputs("source trace: not in this build\n", out);
#endif
	fputs("source pattern: no library\n", out);
}
