/*
 * rfb.c - oriel-rfb: fetch what a VNC server shows, for oriel-serve, which
 * starts it. It is nothing to start by hand.
 */
#include <string.h>

#include "capture/far/rfb.h"

enum { MEMORY_MAX = 1 << 30 };

int main(void)
{
	static struct orl_rfb rfb;

	if (orl_helper_start(&rfb.helper, &orl_rfb_ops, &rfb, MEMORY_MAX) < 0) {
		fputs("oriel-rfb is started by oriel-serve --source=rfb:\n",
				stderr);
		return ORL_EXIT_USAGE;
	}
	orl_rfb_connect(&rfb);
	orl_helper_confine(&rfb.helper);
	orl_rfb_login(&rfb);
	explicit_bzero(rfb.helper.config.password,
			sizeof(rfb.helper.config.password));
	orl_rfb_begin(&rfb);
	for (;;)
		orl_rfb_message(&rfb);
}
