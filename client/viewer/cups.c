/*
 * cups.c - printers as libcups knows them: those of a CUPS beside the viewer,
 * those on its network, or one by its URI. Documents go there as they are, by
 * IPP; what the printer says comes back in the few words of the protocol.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/viewer/cups_login.h"

enum {
	FIND_MS = 3000,
	POLL_MS = 1000,
};

/* ---- what a printer can do --------------------------------------------- */

struct asked {
	http_t *http;
	cups_dest_t *dest;
	cups_dinfo_t *info;
};

static bool can(const struct asked *a, const char *option, const char *value)
{
	return cupsCheckDestSupported(
			       a->http, a->dest, a->info, option, value) != 0;
}

static uint32_t read_formats(const struct asked *a)
{
	static const char *const names[] = { "image/pwg-raster", "image/jpeg",
		"application/pdf" };
	ipp_attribute_t *list = cupsFindDestSupported(
			a->http, a->dest, a->info, "document-format");
	uint32_t bits = 0;

	for (int i = 0; i < 3; i++)
		if (list && ippContainsString(list, names[i]))
			bits |= 1u << i;
	return bits;
}

static uint32_t read_resolutions(const struct asked *a)
{
	static const int dpi[] = { 150, 200, 300, 360, 600, 720, 1200 };
	ipp_attribute_t *list = cupsFindDestSupported(
			a->http, a->dest, a->info, "printer-resolution");
	uint32_t bits = 0;

	for (int i = 0; list && i < ippGetCount(list); i++) {
		ipp_res_t unit;
		int y, x = ippGetResolution(list, i, &y, &unit);

		for (int k = 0; k < 7; k++)
			if (unit == IPP_RES_PER_INCH && x == y && x == dpi[k])
				bits |= 1u << k;
	}
	return bits ? bits : ORIEL_PRINT_300;
}

static bool has_size(const struct orl_found *f, const cups_size_t *size)
{
	for (uint32_t i = 0; i < f->about.n_media; i++)
		if (f->media[i].width == size->width &&
				f->media[i].length == size->length)
			return true;
	return false;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

static void read_media(const struct asked *a, struct orl_found *f)
{
	struct oriel_printer *p = &f->about;
	cups_size_t size, usual;
	int n = cupsGetDestMediaCount(a->http, a->dest, a->info, 0);
	bool has_usual = cupsGetDestMediaDefault(a->http, a->dest, a->info, 0,
					 &usual) != 0;

	p->margin_x = p->margin_y = 0;
	for (int i = 0; i < n && p->n_media < ORIEL_PRINT_SIZES_MAX; i++) {
		if (!cupsGetDestMediaByIndex(
				    a->http, a->dest, a->info, i, 0, &size) ||
				size.width < 1000 || size.width > 200000 ||
				size.length < 1000 || size.length > 200000 ||
				has_size(f, &size))
			continue;
		if (has_usual && size.width == usual.width &&
				size.length == usual.length) {
			p->usual = p->n_media;
			p->margin_x = larger(usual.left, usual.right);
			p->margin_y = larger(usual.top, usual.bottom);
		}
		f->media[p->n_media++] = (struct oriel_print_size){ size.width,
			size.length };
	}
	if (!p->n_media) {
		f->media[p->n_media++] =
				(struct oriel_print_size){ 21000, 29700 };
		f->media[p->n_media++] =
				(struct oriel_print_size){ 21590, 27940 };
	}
	p->margin_x = p->margin_x < 0      ? 0
		      : p->margin_x > 5000 ? 5000
					   : p->margin_x;
	p->margin_y = p->margin_y < 0      ? 0
		      : p->margin_y > 5000 ? 5000
					   : p->margin_y;
}

static void read_abilities(const struct asked *a, struct orl_found *f)
{
	struct oriel_printer *p = &f->about;

	p->formats = read_formats(a);
	p->colours = ORIEL_PRINT_GREY;
	if (can(a, CUPS_PRINT_COLOR_MODE, CUPS_PRINT_COLOR_MODE_COLOR))
		p->colours |= ORIEL_PRINT_COLOUR;
	p->sides = ORIEL_PRINT_ONE_SIDE;
	if (can(a, CUPS_SIDES, CUPS_SIDES_TWO_SIDED_PORTRAIT))
		p->sides |= ORIEL_PRINT_LONG_EDGE;
	if (can(a, CUPS_SIDES, CUPS_SIDES_TWO_SIDED_LANDSCAPE))
		p->sides |= ORIEL_PRINT_SHORT_EDGE;
	p->qualities = ORIEL_PRINT_NORMAL;
	if (can(a, CUPS_PRINT_QUALITY, CUPS_PRINT_QUALITY_DRAFT))
		p->qualities |= ORIEL_PRINT_DRAFT;
	if (can(a, CUPS_PRINT_QUALITY, CUPS_PRINT_QUALITY_HIGH))
		p->qualities |= ORIEL_PRINT_HIGH;
	p->resolutions = read_resolutions(a);
	read_media(a, f);
}

/* Cut where a character begins. */
static void copy_name(char *out, size_t size, const char *text)
{
	size_t n = strlen(text);

	if (n >= size)
		for (n = size - 1;
				n && ((unsigned char)text[n] & 0xc0) == 0x80;)
			n--;
	memcpy(out, text, n);
	out[n] = 0;
}

static cups_dest_t *open_dest(const char *name)
{
	return orl_cups_is_uri(name) ? cupsGetDestWithURI("oriel", name)
				     : cupsGetNamedDest(CUPS_HTTP_DEFAULT, name,
						       NULL);
}

/* Where a printer is, and a job there. */
struct watched {
	const char *uri, *resource;
	int id;
};

static ipp_t *ask(http_t *http, const struct watched *w, ipp_op_t op)
{
	ipp_t *request = ippNewRequest(op);

	ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_URI, "printer-uri",
			NULL, w->uri);
	if (op != IPP_OP_GET_PRINTER_ATTRIBUTES)
		ippAddInteger(request, IPP_TAG_OPERATION, IPP_TAG_INTEGER,
				"job-id", w->id);
	ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_NAME,
			"requesting-user-name", NULL, cupsUser());
	return cupsDoRequest(http, request, w->resource);
}

/* What a printer that CUPS has no name for calls itself. */
static void ask_name(struct orl_found *f, http_t *http, const char *uri)
{
	char path[1024], scheme[32], user[64], host[256];
	struct watched w = { uri, path, 0 };
	int port;

	if (httpSeparateURI(HTTP_URI_CODING_ALL, uri, scheme, sizeof(scheme),
			    user, sizeof(user), host, sizeof(host), &port, path,
			    sizeof(path)) < HTTP_URI_STATUS_OK)
		return;
	ipp_t *answer = ask(http, &w, IPP_OP_GET_PRINTER_ATTRIBUTES);
	ipp_attribute_t *name =
			ippFindAttribute(answer, "printer-info", IPP_TAG_ZERO);
	const char *text = name ? ippGetString(name, 0, NULL) : NULL;

	if (text && *text)
		copy_name(f->name, sizeof(f->name), text);
	ippDelete(answer);
}

static bool describe(struct orl_found *f, cups_dest_t *dest,
		struct orl_cups_way *way)
{
	struct asked a = { .dest = dest };
	const char *name = way->talk.dest;
	bool is_uri = orl_cups_is_uri(name);
	const char *info = cupsGetOption(
			"printer-info", dest->num_options, dest->options);

	memset(f, 0, sizeof(*f));
	if (strlen(name) >= sizeof(f->dest))
		return false;
	memcpy(f->dest, name, strlen(name) + 1);
	copy_name(f->name, sizeof(f->name),
			info && *info && !is_uri ? info : dest->name);
	f->about.standard = dest->is_default != 0;
	way->dest = dest;
	if (!orl_cups_way_connect(way))
		return false;
	do
		a.info = cupsCopyDestInfo(way->http, dest);
	while (!a.info && orl_cups_way_again(way));
	a.http = way->http;
	if (a.info) {
		if (way->wanted)
			orl_logins_keep(&way->talk);
		read_abilities(&a, f);
		if (is_uri)
			ask_name(f, a.http, way->name);
	}
	cupsFreeDestInfo(a.info);
	return f->about.formats != 0;
}

struct finding {
	struct orl_found *out;
	int n, max;
	bool all;
	const int *cancel;
};

static int found(void *user, unsigned flags, cups_dest_t *dest)
{
	struct finding *finding = user;

	if (flags & CUPS_DEST_FLAGS_REMOVED || dest->instance ||
			(!finding->all && !dest->is_default))
		return 1;
	/* Whoever is on the network may ask for a password: none is given. */
	struct orl_cups_way way = { .talk = { .cancel = finding->cancel } };
	orl_cups_way_init(&way, dest->name);
	if (describe(&finding->out[finding->n], dest, &way))
		finding->n++;
	orl_cups_way_fini(&way);
	return finding->n < finding->max && !*finding->cancel;
}

int orl_cups_find(struct orl_found *out, int max, bool all, const int *cancel)
{
	struct finding finding = { out, 0, max, all, cancel };

	orl_cups_no_password();
	cupsEnumDests(CUPS_DEST_FLAGS_NONE, FIND_MS, (int *)cancel, 0, 0, found,
			&finding);
	return finding.n;
}

int orl_cups_find_one(struct orl_found *out, const char *name,
		struct orl_logins *logins, const int *cancel, const char **why)
{
	struct orl_cups_way way = {
		.talk = { .logins = logins, .title = "", .cancel = cancel }
	};

	orl_cups_way_init(&way, name);
	way.talk.printer = way.name;
	cups_dest_t *dest = open_dest(way.name);
	int n = dest && describe(out, dest, &way);
	if (n)
		out->about.standard = true;
	*why = way.talk.why;
	orl_cups_way_fini(&way);
	cupsFreeDests(dest ? 1 : 0, dest);
	return n;
}

/* ---- printing ---------------------------------------------------------- */

static void tell(const struct orl_sending *s, enum oriel_print_state state,
		uint32_t reasons, const char *text)
{
	char plain[ORIEL_PRINT_TEXT_MAX + 1];

	copy_name(plain, sizeof(plain), text ? text : "");
	for (char *p = plain; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	s->tell(s->user, state, reasons, plain);
}

static int add_options(cups_option_t **options, const struct orl_sending *s)
{
	static const char *const sides[] = { "one-sided", "two-sided-long-edge",
		"two-sided-short-edge" };
	const struct oriel_print_job *d = &s->details;
	pwg_media_t *media = d->media.width ? pwgMediaForSize(d->media.width,
							      d->media.length)
					    : NULL;
	char text[32];
	int n = 0;

	if (d->copies > 1) {
		snprintf(text, sizeof(text), "%u", d->copies);
		n = cupsAddOption(CUPS_COPIES, text, n, options);
	}
	if (media && media->pwg)
		n = cupsAddOption(CUPS_MEDIA, media->pwg, n, options);
	if (d->first) {
		snprintf(text, sizeof(text), "%u-%u", d->first, d->last);
		n = cupsAddOption("page-ranges", text, n, options);
	}
	if (d->colour)
		n = cupsAddOption(CUPS_PRINT_COLOR_MODE,
				d->colour == ORIEL_PRINT_GREY ? "monochrome"
							      : "color",
				n, options);
	for (int i = 0; i < 3; i++) {
		if (d->side == 1u << i)
			n = cupsAddOption(CUPS_SIDES, sides[i], n, options);
		if (d->quality == 1u << i) {
			snprintf(text, sizeof(text), "%d", 3 + i);
			n = cupsAddOption(CUPS_PRINT_QUALITY, text, n, options);
		}
	}
	if (d->resolution) {
		snprintf(text, sizeof(text), "%udpi", d->resolution);
		n = cupsAddOption("printer-resolution", text, n, options);
	}
	return n;
}

static const char *mime_of(uint32_t format)
{
	return format == ORIEL_PRINT_PWG    ? "image/pwg-raster"
	       : format == ORIEL_PRINT_JPEG ? CUPS_FORMAT_JPEG
					    : CUPS_FORMAT_PDF;
}

static bool write_document(const struct orl_sending *s, http_t *http)
{
	char data[16384];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(s->fd, data, sizeof(data), at)) > 0) {
		if (*s->cancel)
			return false;
		if (cupsWriteRequestData(http, data, (size_t)n) !=
				HTTP_STATUS_CONTINUE)
			return false;
		at += n;
	}
	return n == 0;
}

static uint32_t reasons_of(ipp_attribute_t *list)
{
	static const struct {
		const char *begins;
		uint32_t bit;
	} words[] = {
		{ "media-empty", ORIEL_PRINT_NO_PAPER },
		{ "media-needed", ORIEL_PRINT_NO_PAPER },
		{ "input-tray-missing", ORIEL_PRINT_NO_PAPER },
		{ "media-jam", ORIEL_PRINT_JAM },
		{ "marker-supply-empty", ORIEL_PRINT_NO_INK },
		{ "toner-empty", ORIEL_PRINT_NO_INK },
		{ "cover-open", ORIEL_PRINT_COVER_OPEN },
		{ "door-open", ORIEL_PRINT_COVER_OPEN },
		{ "offline", ORIEL_PRINT_OFFLINE },
		{ "connecting-to-device", ORIEL_PRINT_OFFLINE },
		{ "shutdown", ORIEL_PRINT_OFFLINE },
		{ "paused", ORIEL_PRINT_PAUSED },
	};
	uint32_t bits = 0;

	for (int i = 0; list && i < ippGetCount(list); i++) {
		const char *word = ippGetString(list, i, NULL);

		for (size_t k = 0; word && k < sizeof(words) / sizeof(words[0]);
				k++)
			if (strncmp(word, words[k].begins,
					    strlen(words[k].begins)) == 0)
				bits |= words[k].bit;
	}
	return bits;
}

static uint32_t printer_reasons(http_t *http, const struct watched *w)
{
	ipp_t *answer = ask(http, w, IPP_OP_GET_PRINTER_ATTRIBUTES);
	uint32_t bits = reasons_of(ippFindAttribute(
			answer, "printer-state-reasons", IPP_TAG_ZERO));

	ippDelete(answer);
	return bits;
}

/* CUPS waits for a login: it has none, or the printer does not accept it. */
static bool is_held(int state, ipp_t *job)
{
	ipp_attribute_t *until =
			ippFindAttribute(job, "job-hold-until", IPP_TAG_ZERO);
	const char *text = until ? ippGetString(until, 0, NULL) : NULL;

	return state == IPP_JSTATE_HELD && text &&
	       strcmp(text, "auth-info-required") == 0;
}

/* True when that was the last there is to say, or WAITING for a login. */
static bool report(const struct orl_sending *s, http_t *http,
		const struct watched *w, enum oriel_print_state *last)
{
	ipp_t *answer = ask(http, w, IPP_OP_GET_JOB_ATTRIBUTES);
	ipp_attribute_t *a =
			ippFindAttribute(answer, "job-state", IPP_TAG_ENUM);
	ipp_attribute_t *m = ippFindAttribute(
			answer, "job-printer-state-message", IPP_TAG_ZERO);
	int state = a ? ippGetInteger(a, 0) : 0;
	const char *text = m ? ippGetString(m, 0, NULL) : NULL;
	enum oriel_print_state is = ORIEL_PRINT_RUNNING;
	uint32_t reasons = state == IPP_JSTATE_COMPLETED
					   ? 0
					   : printer_reasons(http, w);

	if (is_held(state, answer)) {
		*last = ORIEL_PRINT_WAITING;
		ippDelete(answer);
		return true;
	}
	if (state == IPP_JSTATE_STOPPED || reasons)
		is = ORIEL_PRINT_STOPPED;
	if (state == IPP_JSTATE_COMPLETED)
		is = ORIEL_PRINT_DONE;
	else if (state == IPP_JSTATE_CANCELED)
		is = ORIEL_PRINT_CANCELLED;
	else if (state == IPP_JSTATE_ABORTED || !a)
		is = ORIEL_PRINT_FAILED;
	if (is != *last)
		tell(s, is, a ? reasons : ORIEL_PRINT_LINK_LOST,
				a ? text : "the printer does not answer");
	*last = is;
	ippDelete(answer);
	return is >= ORIEL_PRINT_DONE;
}

/* Nobody is asked for the right to take back what waits for an answer. */
static void take_back(struct orl_cups_way *way, const struct watched *w)
{
	struct orl_logins *logins = way->talk.logins;

	way->talk.logins = NULL;
	ippDelete(ask(way->http, w, IPP_OP_CANCEL_JOB));
	way->talk.logins = logins;
}

/* True when it is to be sent once more, with another login. */
static bool watch(const struct orl_sending *s, struct orl_cups_way *way,
		const struct watched *w)
{
	enum oriel_print_state last = ORIEL_PRINT_RUNNING;
	http_t *http = way->http;
	bool told = false;

	while (!report(s, http, w, &last)) {
		for (int i = 0; i < POLL_MS / 50 && !(*s->cancel && !told); i++)
			usleep(50000);
		/* The viewer ends; what the printer has is printed. */
		if (*s->cancel == ORL_PRINT_LEAVE)
			return false;
		if (*s->cancel && !told) {
			take_back(way, w);
			told = true;
		}
		if (*s->cancel == ORL_PRINT_CANCEL_LEAVE)
			return false;
	}
	if (last == ORIEL_PRINT_DONE && way->along)
		orl_logins_keep(&way->talk);
	way->held = last == ORIEL_PRINT_WAITING;
	if (way->held)
		take_back(way, w);
	return way->held;
}

static void fail(const struct orl_sending *s, const struct orl_cups_way *way,
		uint32_t reason, const char *why)
{
	ipp_status_t status = cupsLastError();

	if (*s->cancel)
		tell(s, ORIEL_PRINT_CANCELLED, 0, "");
	else if (way->talk.why)
		tell(s, ORIEL_PRINT_FAILED,
				way->talk.refused ? ORIEL_PRINT_REFUSED
						  : ORIEL_PRINT_OTHER,
				way->talk.why);
	else if (status == IPP_STATUS_ERROR_NOT_AUTHORIZED)
		tell(s, ORIEL_PRINT_FAILED, ORIEL_PRINT_OTHER,
				"the printer does not let this user print");
	else if (status == IPP_STATUS_ERROR_NOT_AUTHENTICATED ||
			status == IPP_STATUS_ERROR_CUPS_AUTHENTICATION_CANCELED)
		tell(s, ORIEL_PRINT_FAILED, ORIEL_PRINT_OTHER,
				"the printer wants a login that is no "
				"password; make a queue of CUPS for it "
				"(lpadmin) and print there");
	else
		tell(s, ORIEL_PRINT_FAILED, reason,
				why && *why ? why
					    : "the printer did not take it");
}

static const char *uri_of(const cups_dest_t *dest, const char *name)
{
	const char *uri =
			orl_cups_is_uri(name)
					? name
					: cupsGetOption("printer-uri-supported",
							  dest->num_options,
							  dest->options);

	return uri ? uri : "";
}

static bool is_busy(ipp_status_t status)
{
	return status == IPP_STATUS_ERROR_BUSY ||
	       status == IPP_STATUS_ERROR_TOO_MANY_JOBS ||
	       status == IPP_STATUS_ERROR_NOT_ACCEPTING_JOBS ||
	       status == IPP_STATUS_ERROR_SERVICE_UNAVAILABLE;
}

static void on_asked(void *user, bool again)
{
	tell(user, ORIEL_PRINT_WAITING, 0,
			again ? "the printer does not accept this password; "
				"the person is asked again"
			      : "the printer wants a password; the person is "
				"asked");
}

/* Small printers take one job at a time: wait for ours to have its turn. */
static bool create_job(const struct orl_sending *s, struct orl_cups_way *way,
		cups_dinfo_t *info, int *id, int n, cups_option_t *options)
{
	bool told = false;

	for (;;) {
		ipp_status_t status = cupsCreateDestJob(way->http, way->dest,
				info, id, s->title, n, options);

		if (status <= IPP_STATUS_OK_EVENTS_COMPLETE) {
			if (way->wanted && !way->along)
				orl_logins_keep(&way->talk);
			return true;
		}
		if (orl_cups_way_again(way))
			continue;
		if (!is_busy(status) || way->talk.why)
			return false;
		if (!told)
			tell(s, ORIEL_PRINT_WAITING, 0, cupsLastErrorString());
		told = true;
		for (int i = 0; i < POLL_MS / 50 && !*s->cancel; i++)
			usleep(50000);
		if (*s->cancel)
			return false;
	}
}

/* True: once more. */
static bool hand_over(const struct orl_sending *s, struct orl_cups_way *way,
		cups_dinfo_t *info)
{
	cups_option_t *options = NULL;
	int n = add_options(&options, s);
	cups_dest_t *dest = way->dest;
	struct watched w = { uri_of(dest, way->name), way->resource, 0 };
	char path[1024], scheme[32], user[64], host[256];
	int port;
	bool ok;

	if (httpSeparateURI(HTTP_URI_CODING_ALL, w.uri, scheme, sizeof(scheme),
			    user, sizeof(user), host, sizeof(host), &port, path,
			    sizeof(path)) >= HTTP_URI_STATUS_OK)
		w.resource = path;
	ok = orl_cups_way_login(way, &n, &options) &&
	     create_job(s, way, info, &w.id, n, options);
	http_t *http = way->http; /* which may be another now */
	if (ok) {
		tell(s, ORIEL_PRINT_RUNNING, 0, "");
		ok = cupsStartDestDocument(http, dest, info, w.id, s->title,
				     mime_of(s->details.format), 0, NULL,
				     1) == HTTP_STATUS_CONTINUE &&
		     write_document(s, http) &&
		     cupsFinishDestDocument(http, dest, info) <=
				     IPP_STATUS_OK_EVENTS_COMPLETE;
		if (!ok) {
			char why[ORIEL_PRINT_TEXT_MAX];

			copy_name(why, sizeof(why), cupsLastErrorString());
			cupsCancelDestJob(http, dest, w.id);
			fail(s, way, ORIEL_PRINT_OTHER, why);
		}
	} else {
		fail(s, way, ORIEL_PRINT_OTHER, cupsLastErrorString());
	}
	cupsFreeOptions(n, options);
	return ok && watch(s, way, &w);
}

void orl_cups_send(const struct orl_sending *s)
{
	struct orl_cups_way way = { .talk = {
						    .logins = s->logins,
						    .printer = s->printer,
						    .title = s->title,
						    .cancel = s->cancel,
						    .asked = on_asked,
						    .user = (void *)s,
				    } };
	cups_dinfo_t *info = NULL;

	orl_cups_way_init(&way, s->dest);
	way.dest = open_dest(way.name);
	if (way.dest && orl_cups_way_connect(&way))
		do
			info = cupsCopyDestInfo(way.http, way.dest);
		while (!info && orl_cups_way_again(&way));
	while (info && hand_over(s, &way, info))
		continue;
	if (!info)
		fail(s, &way, ORIEL_PRINT_OFFLINE, cupsLastErrorString());
	cupsFreeDestInfo(info);
	orl_cups_way_fini(&way);
	cupsFreeDests(way.dest ? 1 : 0, way.dest);
}
