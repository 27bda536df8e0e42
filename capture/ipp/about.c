/*
 * about.c - what a printer says of itself: the attributes of IPP Everywhere
 * (PWG 5100.14), made from the few words and numbers that the viewer told.
 */
#include "capture/ipp/ipp.h"

#include <stdio.h>
#include <string.h>

static const struct {
	uint32_t bit;
	const char *mime;
} formats[] = {
	{ ORIEL_PRINT_PWG, "image/pwg-raster" },
	{ ORIEL_PRINT_JPEG, "image/jpeg" },
	{ ORIEL_PRINT_PDF, "application/pdf" },
};

uint32_t orl_ipp_format_of(const char *mime)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(formats[i].mime, mime) == 0)
			return formats[i].bit;
	return 0;
}

uint32_t orl_ipp_format_by(const uint8_t *data, size_t n)
{
	static const struct {
		const char *magic;
		uint32_t bit;
	} known[] = {
		{ "RaS2", ORIEL_PRINT_PWG },
		{ "\xff\xd8\xff", ORIEL_PRINT_JPEG },
		{ "%PDF-", ORIEL_PRINT_PDF },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		size_t size = strlen(known[i].magic);

		if (n >= size && memcmp(data, known[i].magic, size) == 0)
			return known[i].bit;
	}
	return 0;
}

uint32_t orl_ipp_resolution_of(uint32_t bit)
{
	static const uint32_t dpi[] = { 150, 200, 300, 360, 600, 720, 1200 };

	for (unsigned i = 0; i < 7; i++)
		if (bit == 1u << i)
			return dpi[i];
	return 300;
}

void orl_ipp_printer_uri(const struct request *r, char *out, size_t size)
{
	snprintf(out, size, "ipp://%s/%s/%s", r->host, r->ipp->secret,
			r->printer.queue);
}

static void words(ipp_t *a, const char *name, int n, const char *const *v)
{
	ippAddStrings(a, IPP_TAG_PRINTER, IPP_CONST_TAG(IPP_TAG_KEYWORD), name,
			n, NULL, v);
}

static void word(ipp_t *a, const char *name, const char *v)
{
	ippAddString(a, IPP_TAG_PRINTER, IPP_TAG_KEYWORD, name, NULL, v);
}

static void say(ipp_t *a, ipp_tag_t tag, const char *name, const char *v)
{
	ippAddString(a, IPP_TAG_PRINTER, tag, name, NULL, v);
}

static void whole(ipp_t *a, ipp_tag_t tag, const char *name, int v)
{
	ippAddInteger(a, IPP_TAG_PRINTER, tag, name, v);
}

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* ---- what does not differ ---------------------------------------------- */

static void add_operations(ipp_t *a)
{
	static const int operations[] = { IPP_OP_PRINT_JOB, IPP_OP_VALIDATE_JOB,
		IPP_OP_CREATE_JOB, IPP_OP_SEND_DOCUMENT, IPP_OP_CANCEL_JOB,
		IPP_OP_GET_JOB_ATTRIBUTES, IPP_OP_GET_JOBS,
		IPP_OP_GET_PRINTER_ATTRIBUTES, IPP_OP_CANCEL_MY_JOBS,
		IPP_OP_CLOSE_JOB, IPP_OP_IDENTIFY_PRINTER };

	ippAddIntegers(a, IPP_TAG_PRINTER, IPP_TAG_ENUM, "operations-supported",
			COUNT(operations), operations);
}

static void add_constants(ipp_t *a)
{
	static const char *const versions[] = { "1.1", "2.0" };
	static const char *const features[] = { "ipp-everywhere" };
	static const char *const compressions[] = { "none", "gzip" };
	static const char *const creation[] = { "copies", "document-format",
		"document-name", "ipp-attribute-fidelity", "job-name", "media",
		"media-col", "multiple-document-handling",
		"orientation-requested", "output-bin", "page-ranges",
		"print-color-mode", "print-content-optimize", "print-quality",
		"print-rendering-intent", "printer-resolution", "sides" };
	static const char *const which[] = { "completed", "not-completed",
		"all" };
	static const char *const media_col[] = { "media-bottom-margin",
		"media-left-margin", "media-right-margin", "media-size",
		"media-size-name", "media-source", "media-top-margin",
		"media-type" };
	/* Selectors alone: no page differs from the others. */
	static const char *const overrides[] = { "document-number",
		"document-numbers", "pages" };
	static const char *const groups[] = { "document-format" };
	static const char supply[] = "type=other;maxcapacity=100;level=-2;"
				     "index=0;class=supplyThatIsConsumed;"
				     "unit=percent;colorantname=unknown;";
	static const int orientations[] = { IPP_ORIENT_PORTRAIT,
		IPP_ORIENT_LANDSCAPE, IPP_ORIENT_REVERSE_LANDSCAPE,
		IPP_ORIENT_REVERSE_PORTRAIT };

	say(a, IPP_TAG_CHARSET, "charset-configured", "utf-8");
	say(a, IPP_TAG_CHARSET, "charset-supported", "utf-8");
	words(a, "compression-supported", COUNT(compressions), compressions);
	whole(a, IPP_TAG_INTEGER, "copies-default", 1);
	ippAddRange(a, IPP_TAG_PRINTER, "copies-supported", 1, 999);
	say(a, IPP_TAG_LANGUAGE, "generated-natural-language-supported", "en");
	word(a, "identify-actions-default", "display");
	word(a, "identify-actions-supported", "display");
	words(a, "ipp-features-supported", COUNT(features), features);
	words(a, "ipp-versions-supported", COUNT(versions), versions);
	words(a, "job-creation-attributes-supported", COUNT(creation),
			creation);
	ippAddBoolean(a, IPP_TAG_PRINTER, "job-ids-supported", 1);
	word(a, "job-sheets-default", "none");
	word(a, "job-sheets-supported", "none");
	words(a, "media-col-supported", COUNT(media_col), media_col);
	word(a, "media-source-supported", "auto");
	word(a, "media-type-supported", "stationery");
	word(a, "multiple-document-handling-supported",
			"separate-documents-collated-copies");
	ippAddBoolean(a, IPP_TAG_PRINTER, "multiple-document-jobs-supported",
			0);
	whole(a, IPP_TAG_INTEGER, "multiple-operation-time-out",
			ORL_IPP_TIMEOUT);
	word(a, "multiple-operation-time-out-action", "abort-job");
	say(a, IPP_TAG_LANGUAGE, "natural-language-configured", "en");
	add_operations(a);
	ippAddOutOfBand(a, IPP_TAG_PRINTER, IPP_TAG_NOVALUE,
			"orientation-requested-default");
	whole(a, IPP_TAG_ENUM, "finishings-default", IPP_FINISHINGS_NONE);
	whole(a, IPP_TAG_ENUM, "finishings-supported", IPP_FINISHINGS_NONE);
	ippAddBoolean(a, IPP_TAG_PRINTER, "preferred-attributes-supported", 0);
	ippAddOctetString(a, IPP_TAG_PRINTER, "printer-supply", supply,
			(int)sizeof(supply) - 1);
	say(a, IPP_TAG_TEXT, "printer-supply-description", "Not known");
	ippAddIntegers(a, IPP_TAG_PRINTER, IPP_TAG_ENUM,
			"orientation-requested-supported", COUNT(orientations),
			orientations);
	word(a, "output-bin-default", "face-down");
	word(a, "output-bin-supported", "face-down");
	words(a, "overrides-supported", COUNT(overrides), overrides);
	ippAddBoolean(a, IPP_TAG_PRINTER, "page-ranges-supported", 1);
	word(a, "pdl-override-supported", "attempted");
	word(a, "print-content-optimize-default", "auto");
	word(a, "print-content-optimize-supported", "auto");
	word(a, "print-rendering-intent-default", "auto");
	word(a, "print-rendering-intent-supported", "auto");
	words(a, "printer-get-attributes-supported", COUNT(groups), groups);
	word(a, "printer-kind", "document");
	word(a, "uri-authentication-supported", "none");
	word(a, "uri-security-supported", "none");
	words(a, "which-jobs-supported", COUNT(which), which);
}

/* ---- paper ------------------------------------------------------------- */

/* The name that every print system knows a size by; static memory's or ours. */
static const char *name_size(char *out, size_t n, struct oriel_print_size s)
{
	const pwg_media_t *known = pwgMediaForSize(s.width, s.length);

	if (known && known->width == s.width && known->length == s.length)
		snprintf(out, n, "%s", known->pwg);
	else
		snprintf(out, n, "custom_%dx%d_%d.%02dx%d.%02dmm",
				s.width / 100, s.length / 100, s.width / 100,
				s.width % 100, s.length / 100, s.length % 100);
	return out;
}

static ipp_t *make_size(struct oriel_print_size s)
{
	ipp_t *size = ippNew();

	ippAddInteger(size, IPP_TAG_ZERO, IPP_TAG_INTEGER, "x-dimension",
			s.width);
	ippAddInteger(size, IPP_TAG_ZERO, IPP_TAG_INTEGER, "y-dimension",
			s.length);
	return size;
}

static ipp_t *make_media(const struct oriel_printer *p, uint32_t i)
{
	ipp_t *col = ippNew(), *size = make_size(p->media[i]);
	char name[128];

	ippAddString(col, IPP_TAG_ZERO, IPP_TAG_KEYWORD, "media-size-name",
			NULL, name_size(name, sizeof(name), p->media[i]));
	ippAddCollection(col, IPP_TAG_ZERO, "media-size", size);
	ippDelete(size);
	ippAddInteger(col, IPP_TAG_ZERO, IPP_TAG_INTEGER, "media-bottom-margin",
			p->margin_y);
	ippAddInteger(col, IPP_TAG_ZERO, IPP_TAG_INTEGER, "media-left-margin",
			p->margin_x);
	ippAddInteger(col, IPP_TAG_ZERO, IPP_TAG_INTEGER, "media-right-margin",
			p->margin_x);
	ippAddInteger(col, IPP_TAG_ZERO, IPP_TAG_INTEGER, "media-top-margin",
			p->margin_y);
	ippAddString(col, IPP_TAG_ZERO, IPP_TAG_KEYWORD, "media-source", NULL,
			"auto");
	ippAddString(col, IPP_TAG_ZERO, IPP_TAG_KEYWORD, "media-type", NULL,
			"stationery");
	return col;
}

static void add_media(ipp_t *a, const struct oriel_printer *p)
{
	ipp_t *cols[ORIEL_PRINT_SIZES_MAX], *sizes[ORIEL_PRINT_SIZES_MAX];
	char names[ORIEL_PRINT_SIZES_MAX][128];
	const char *list[ORIEL_PRINT_SIZES_MAX] = { NULL };
	int n = (int)p->n_media;

	for (int i = 0; i < n; i++) {
		list[i] = name_size(names[i], sizeof(names[i]), p->media[i]);
		cols[i] = make_media(p, (uint32_t)i);
		sizes[i] = make_size(p->media[i]);
	}
	ippAddStrings(a, IPP_TAG_PRINTER, IPP_TAG_KEYWORD, "media-supported", n,
			NULL, list);
	word(a, "media-default", list[p->usual]);
	word(a, "media-ready", list[p->usual]);
	ippAddCollections(a, IPP_TAG_PRINTER, "media-col-database", n,
			(const ipp_t **)cols);
	ippAddCollection(a, IPP_TAG_PRINTER, "media-col-default",
			cols[p->usual]);
	ippAddCollection(a, IPP_TAG_PRINTER, "media-col-ready", cols[p->usual]);
	ippAddCollections(a, IPP_TAG_PRINTER, "media-size-supported", n,
			(const ipp_t **)sizes);
	for (int i = 0; i < n; i++) {
		ippDelete(cols[i]);
		ippDelete(sizes[i]);
	}
	whole(a, IPP_TAG_INTEGER, "media-bottom-margin-supported", p->margin_y);
	whole(a, IPP_TAG_INTEGER, "media-top-margin-supported", p->margin_y);
	whole(a, IPP_TAG_INTEGER, "media-left-margin-supported", p->margin_x);
	whole(a, IPP_TAG_INTEGER, "media-right-margin-supported", p->margin_x);
}

/* ---- what the viewer told ---------------------------------------------- */

static void add_formats(ipp_t *a, uint32_t bits)
{
	const char *list[4];
	int n = 0;

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (bits & formats[i].bit)
			list[n++] = formats[i].mime;
	list[n++] = ORL_IPP_ANY;
	ippAddStrings(a, IPP_TAG_PRINTER, IPP_TAG_MIMETYPE,
			"document-format-supported", n, NULL, list);
	say(a, IPP_TAG_MIMETYPE, "document-format-default", list[0]);
}

static void add_colour(ipp_t *a, uint32_t bits)
{
	const char *modes[3] = { "auto" }, *types[3];
	int n = 1, n_types = 0;

	if (bits & ORIEL_PRINT_GREY) {
		modes[n++] = "monochrome";
		types[n_types++] = "sgray_8";
	}
	if (bits & ORIEL_PRINT_COLOUR) {
		modes[n++] = "color";
		types[n_types++] = "srgb_8";
	}
	words(a, "print-color-mode-supported", n, modes);
	word(a, "print-color-mode-default", "auto");
	ippAddBoolean(a, IPP_TAG_PRINTER, "color-supported",
			bits & ORIEL_PRINT_COLOUR ? 1 : 0);
	words(a, "pwg-raster-document-type-supported", n_types, types);
	whole(a, IPP_TAG_INTEGER, "pages-per-minute", 20);
	if (bits & ORIEL_PRINT_COLOUR)
		whole(a, IPP_TAG_INTEGER, "pages-per-minute-color", 20);
}

static void add_sides(ipp_t *a, uint32_t bits)
{
	static const char *const names[] = { "one-sided", "two-sided-long-edge",
		"two-sided-short-edge" };
	const char *list[3];
	int n = 0;

	for (unsigned i = 0; i < 3; i++)
		if (bits & 1u << i)
			list[n++] = names[i];
	words(a, "sides-supported", n, list);
	word(a, "sides-default", list[0]);
	word(a, "pwg-raster-document-sheet-back", "normal");
}

static void add_qualities(ipp_t *a, uint32_t qualities, uint32_t resolutions)
{
	int list[3], x[7], n = 0, m = 0, usual = 0;

	for (int i = 0; i < 3; i++)
		if (qualities & 1u << i)
			list[n++] = IPP_QUALITY_DRAFT + i;
	ippAddIntegers(a, IPP_TAG_PRINTER, IPP_TAG_ENUM,
			"print-quality-supported", n, list);
	whole(a, IPP_TAG_ENUM, "print-quality-default",
			qualities & ORIEL_PRINT_NORMAL ? IPP_QUALITY_NORMAL
						       : list[0]);
	for (int i = 0; i < 7; i++) {
		if (!(resolutions & 1u << i))
			continue;
		if (1u << i == ORIEL_PRINT_300)
			usual = m;
		x[m++] = (int)orl_ipp_resolution_of(1u << i);
	}
	ippAddResolutions(a, IPP_TAG_PRINTER, "printer-resolution-supported", m,
			IPP_RES_PER_INCH, x, x);
	ippAddResolution(a, IPP_TAG_PRINTER, "printer-resolution-default",
			IPP_RES_PER_INCH, x[usual], x[usual]);
	ippAddResolutions(a, IPP_TAG_PRINTER,
			"pwg-raster-document-resolution-supported", m,
			IPP_RES_PER_INCH, x, x);
}

static void add_state(ipp_t *a, const struct oriel_printer *p, unsigned jobs)
{
	static const char *const names[] = { "media-empty-error",
		"media-jam-error", "marker-supply-empty-error",
		"cover-open-error", "offline-report", "paused" };
	const char *list[6];
	int n = 0, state = IPP_PSTATE_IDLE;

	for (unsigned i = 0; i < 6; i++)
		if (p->reasons & 1u << i)
			list[n++] = names[i];
	if (!n)
		list[n++] = "none";
	words(a, "printer-state-reasons", n, list);
	if (p->state == ORIEL_PRINT_STOPPED)
		state = IPP_PSTATE_STOPPED;
	else if (jobs || p->state == ORIEL_PRINT_RUNNING)
		state = IPP_PSTATE_PROCESSING;
	whole(a, IPP_TAG_ENUM, "printer-state", state);
	say(a, IPP_TAG_TEXT, "printer-state-message", "");
	whole(a, IPP_TAG_INTEGER, "queued-job-count", (int)jobs);
	ippAddBoolean(a, IPP_TAG_PRINTER, "printer-is-accepting-jobs", 1);
}

/* A UUID of the secret and the queue: the same while the server runs. */
static void add_uuid(ipp_t *a, const struct request *r)
{
	unsigned char hash[32];
	char text[160], uuid[64];

	snprintf(text, sizeof(text), "oriel %s %s", r->ipp->secret,
			r->printer.queue);
	if (cupsHashData("sha2-256", text, strlen(text), hash, sizeof(hash)) <
			16)
		return;
	snprintf(uuid, sizeof(uuid),
			"urn:uuid:%02x%02x%02x%02x-%02x%02x-4%x%02x-8%x%02x-"
			"%02x%02x%02x%02x%02x%02x",
			hash[0], hash[1], hash[2], hash[3], hash[4], hash[5],
			hash[6] & 15, hash[7], hash[8] & 15, hash[9], hash[10],
			hash[11], hash[12], hash[13], hash[14], hash[15]);
	say(a, IPP_TAG_URI, "printer-uuid", uuid);
}

static void add_names(ipp_t *a, const struct request *r)
{
	char uri[256], id[256], more[256];
	const struct printer *p = &r->printer;

	orl_ipp_printer_uri(r, uri, sizeof(uri));
	say(a, IPP_TAG_URI, "printer-uri-supported", uri);
	snprintf(more, sizeof(more), "http://%s/", r->host);
	say(a, IPP_TAG_URI, "printer-more-info", more);
	say(a, IPP_TAG_URI, "printer-supply-info-uri", more);
	say(a, IPP_TAG_NAME, "printer-name", p->queue);
	say(a, IPP_TAG_NAME, "printer-dns-sd-name", p->queue);
	say(a, IPP_TAG_TEXT, "printer-info", p->name);
	say(a, IPP_TAG_TEXT, "printer-location", "beside the viewer");
	say(a, IPP_TAG_URI, "printer-geo-location", "geo:0,0");
	say(a, IPP_TAG_TEXT, "printer-make-and-model", "Oriel Printer");
	say(a, IPP_TAG_TEXT, "printer-organization", "");
	say(a, IPP_TAG_TEXT, "printer-organizational-unit", "");
	snprintf(id, sizeof(id), "MFG:Oriel;MDL:Printer;CMD:PWGRaster,JPEG%s;",
			p->about.formats & ORIEL_PRINT_PDF ? ",PDF" : "");
	say(a, IPP_TAG_TEXT, "printer-device-id", id);
	snprintf(more, sizeof(more), "http://%s/icon.png", r->host);
	say(a, IPP_TAG_URI, "printer-icons", more);
	add_uuid(a, r);
}

static void add_times(ipp_t *a, const struct request *r)
{
	time_t now = time(NULL);
	int up = (int)(now - r->ipp->started) + 1;
	int changed = (int)(r->printer.changed - r->ipp->started) + 1;

	whole(a, IPP_TAG_INTEGER, "printer-up-time", up);
	ippAddDate(a, IPP_TAG_PRINTER, "printer-current-time",
			ippTimeToDate(now));
	whole(a, IPP_TAG_INTEGER, "printer-state-change-time", changed);
	ippAddDate(a, IPP_TAG_PRINTER, "printer-state-change-date-time",
			ippTimeToDate(r->printer.changed));
	whole(a, IPP_TAG_INTEGER, "printer-config-change-time", changed);
	ippAddDate(a, IPP_TAG_PRINTER, "printer-config-change-date-time",
			ippTimeToDate(r->printer.changed));
}

ipp_t *orl_ipp_about_printer(const struct request *r, unsigned jobs)
{
	const struct oriel_printer *p = &r->printer.about;
	ipp_t *a = ippNew();

	add_constants(a);
	add_names(a, r);
	add_times(a, r);
	add_state(a, p, jobs);
	add_formats(a, p->formats);
	add_colour(a, p->colours);
	add_sides(a, p->sides);
	add_qualities(a, p->qualities, p->resolutions);
	add_media(a, p);
	return a;
}
