/*
 * events.c - what the server tells oriel-serve: who comes and goes, what they
 * press, say, copy, plug in and print, each handed on to whom it concerns.
 */
#include <string.h>

#include "capture/clipboard.h"
#include "capture/serve.h"
#include "clip/transfer.h"

void orl_serve_quote(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

/* The same for a log line: nothing in it may move the cursor. */

static void put_plain(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		fputc(c < 0x20 || c == 0x7f ? '?' : c, out);
	}
}

static void say_peer(const struct serve *serve, const char *event,
		const struct oriel_peer *peer, int reason)
{
	if (serve->options.json) {
		printf("{\"event\":\"%s\",\"user\":", event);
		orl_serve_quote(stdout, oriel_peer_user(peer));
		printf(",\"name\":");
		orl_serve_quote(stdout, oriel_peer_name(peer));
		printf(",\"address\":");
		orl_serve_quote(stdout, oriel_peer_address(peer));
		printf(",\"reason\":%d}\n", reason);
		fflush(stdout);
	}
	fprintf(stderr, "%s: ", event);
	put_plain(stderr, oriel_peer_user(peer));
	fputs(" at ", stderr);
	put_plain(stderr, oriel_peer_address(peer));
	if (reason)
		fprintf(stderr, ", %s", oriel_strerror(reason));
	fputc('\n', stderr);
}

static void auth_wanted(void *user, struct oriel_auth *auth)
{
	struct serve *serve = user;

	if (!serve->options.no_auth)
		orl_login_wanted(serve->login, auth);
	else if (oriel_auth_use_none(auth) < 0)
		oriel_auth_reject(auth, "this server is not open to you");
}

static void auth_proved(void *user, struct oriel_auth *auth)
{
	struct serve *serve = user;
	const char *wrong = orl_company_refuses(&serve->company);

	/* Who comes back is not one more. */
	if (wrong && !oriel_auth_replaces(auth))
		oriel_auth_reject(auth, wrong);
	else
		orl_login_proved(serve->login, auth);
}

static void peer_joined(void *user, struct oriel_peer *peer)
{
	struct serve *serve = user;

	say_peer(serve, "peer_joined", peer, 0);
	if (serve->login &&
			oriel_peer_set_usb_rules(peer,
					orl_policy_usb(orl_login_policy(
								       serve->login),
							oriel_peer_user(peer))) <
					0)
		oriel_peer_close(peer, "out of memory");
	if (!orl_company_join(&serve->company, peer))
		return;
	serve->had_peer = true;
	if (serve->source->kind->peers)
		serve->source->kind->peers(serve->source, serve->company.count);
}

static void peer_left(void *user, struct oriel_peer *peer, int reason)
{
	struct serve *serve = user;
	struct oriel_stats stats = { .size = sizeof(stats) };

	say_peer(serve, "peer_left", peer, reason);
	oriel_peer_stats(peer, &stats);
	orl_tally_add(&serve->report.gone, &stats);
	if (serve->printing)
		orl_printing_left(serve->printing, peer, reason);
	if (!orl_company_leave(&serve->company, peer))
		return; /* sent away, or replaced */
	if (serve->source->kind->peers)
		serve->source->kind->peers(serve->source, serve->company.count);
}

static struct orl_source *source_of(void *user)
{
	return ((struct serve *)user)->source;
}

static void frame_wanted(void *user, struct oriel_display *display)
{
	struct orl_source *source = source_of(user);

	if (source->kind->frame_wanted)
		source->kind->frame_wanted(source, display);
}

static void resize_wanted(void *user, struct oriel_display *display,
		int32_t width, int32_t height)
{
	struct orl_source *source = source_of(user);

	if (source->kind->resize_wanted)
		source->kind->resize_wanted(source, display, width, height);
}

static void on_key(void *user, struct oriel_peer *peer,
		const struct oriel_key *key)
{
	struct orl_source *source = source_of(user);

	(void)peer;
	if (source->kind->key)
		source->kind->key(source, key);
}

static void on_pointer(void *user, struct oriel_peer *peer,
		const struct oriel_pointer *pointer)
{
	struct orl_source *source = source_of(user);

	(void)peer;
	if (source->kind->pointer)
		source->kind->pointer(source, pointer);
}

static void on_touch(void *user, struct oriel_peer *peer,
		const struct oriel_touch *touch)
{
	struct serve *serve = user;
	struct orl_source *source = serve->source;
	bool down = touch->phase == ORIEL_TOUCH_DOWN;

	(void)peer;
	if (source->kind->touch) {
		source->kind->touch(source, touch);
		return;
	}
	/* One that knows no fingers: the first is the pointer. */
	if (!source->kind->pointer ||
			(serve->touching ? serve->contact != touch->contact
					 : !down))
		return;
	serve->touching = touch->phase != ORIEL_TOUCH_UP;
	serve->contact = touch->contact;
	source->kind->pointer(source,
			&(struct oriel_pointer){ .display = touch->display,
					.x = touch->x,
					.y = touch->y,
					.buttons = serve->touching,
					.time = touch->time });
}

static void on_text(void *user, struct oriel_peer *peer, const char *text)
{
	struct orl_source *source = source_of(user);

	(void)peer;
	if (source->kind->text)
		source->kind->text(source, text);
}

static void on_locks(void *user, struct oriel_peer *peer, uint32_t locks)
{
	struct orl_source *source = source_of(user);

	(void)peer;
	if (source->kind->locks)
		source->kind->locks(source, locks);
}

static void on_usb_attached(
		void *user, struct oriel_peer *peer, struct oriel_usb *usb)
{
	struct serve *serve = user;

	(void)peer;
	orl_slots_attached(&serve->usb, usb);
}

static void on_usb_data(
		void *user, struct oriel_usb *usb, const void *data, size_t n)
{
	struct serve *serve = user;

	orl_slots_data(&serve->usb, usb, data, n);
}

static void on_usb_detached(void *user, struct oriel_usb *usb, const char *why)
{
	struct serve *serve = user;

	orl_slots_detached(&serve->usb, usb, why);
}

static void on_sound_wanted(void *user, bool wanted)
{
	struct serve *serve = user;

	orl_pulse_listen(serve->pulse, wanted);
	if (serve->source->kind->heard)
		serve->source->kind->heard(serve->source, wanted);
}

static void on_sound_in(void *user, struct oriel_peer *peer, bool on)
{
	struct serve *serve = user;

	say_peer(serve, on ? "microphone_on" : "microphone_off", peer, 0);
	orl_pulse_speak(serve->pulse, on);
}

static void clipboard_offered(void *user, struct oriel_peer *peer,
		enum oriel_selection selection, const char *const *types,
		size_t count)
{
	const struct serve *serve = user;

	orl_board_offered(serve->board, peer, selection, types, count);
}

static void clipboard_wanted(void *user, struct oriel_peer *peer,
		struct oriel_transfer *transfer)
{
	const struct serve *serve = user;

	orl_board_wanted(serve->board, peer, transfer);
}

static void clipboard_begun(void *user, struct oriel_transfer *transfer)
{
	(void)user;
	orl_transfer_begun(transfer);
}

static void clipboard_data(void *user, struct oriel_transfer *transfer,
		const void *data, size_t n)
{
	(void)user;
	orl_transfer_data(transfer, data, n);
}

static void clipboard_ready(void *user, struct oriel_transfer *transfer)
{
	(void)user;
	orl_transfer_ready(transfer);
}

static void clipboard_ended(void *user, struct oriel_transfer *transfer,
		int error, const char *why)
{
	const struct serve *serve = user;

	orl_board_ended(serve->board, transfer, error, why);
}

static void on_printer(void *user, struct oriel_peer *peer,
		const struct oriel_printer *printer)
{
	orl_printing_printer(((struct serve *)user)->printing, peer, printer);
}

static void on_printer_gone(void *user, struct oriel_peer *peer, uint32_t id)
{
	orl_printing_gone(((struct serve *)user)->printing, peer, id);
}

static void on_print_ready(void *user, struct oriel_print *print)
{
	orl_printing_ready(((struct serve *)user)->printing, print);
}

static void on_print_status(void *user, struct oriel_print *print,
		const struct oriel_print_status *status)
{
	orl_printing_status(((struct serve *)user)->printing, print, status);
}

const struct oriel_server_events orl_serve_events = {
	.size = sizeof(orl_serve_events),
	.auth_wanted = auth_wanted,
	.auth_proved = auth_proved,
	.peer_joined = peer_joined,
	.peer_left = peer_left,
	.frame_wanted = frame_wanted,
	.resize_wanted = resize_wanted,
	.key = on_key,
	.pointer = on_pointer,
	.touch = on_touch,
	.text = on_text,
	.locks = on_locks,
	.sound_wanted = on_sound_wanted,
	.sound_in = on_sound_in,
	.clipboard_offered = clipboard_offered,
	.clipboard_wanted = clipboard_wanted,
	.clipboard_begun = clipboard_begun,
	.clipboard_data = clipboard_data,
	.clipboard_ready = clipboard_ready,
	.clipboard_ended = clipboard_ended,
	.usb_attached = on_usb_attached,
	.usb_data = on_usb_data,
	.usb_detached = on_usb_detached,
	.printer = on_printer,
	.printer_gone = on_printer_gone,
	.print_ready = on_print_ready,
	.print_status = on_print_status,
};
