/*
 * request.c - what a request asks for: its texts and numbers, and how it wants
 * a document printed. Everything is checked against what the printer can do.
 */
#include "capture/ipp/ipp.h"

#include <stdlib.h>
#include <string.h>

void orl_ipp_answer(struct request *r, ipp_status_t status, const char *text)
{
	ippSetStatusCode(r->out, status);
	if (text && !ippFindAttribute(r->out, "status-message", IPP_TAG_ZERO))
		ippAddString(r->out, IPP_TAG_OPERATION, IPP_TAG_TEXT,
				"status-message", NULL, text);
}

/* The attribute was not understood: say which. */
void orl_ipp_refuse(struct request *r, ipp_attribute_t *attribute)
{
	ippSetStatusCode(r->out, IPP_STATUS_ERROR_ATTRIBUTES_OR_VALUES);
	ippCopyAttribute(r->out, attribute, 0);
	/* It belongs into the group of what is not supported. */
	ipp_attribute_t *copy = ippFindAttribute(
			r->out, ippGetName(attribute), IPP_TAG_ZERO);
	if (copy)
		ippSetGroupTag(r->out, &copy, IPP_TAG_UNSUPPORTED_GROUP);
}

/* ---- texts of who prints ----------------------------------------------- */

/* What may be shown of it: no control characters, valid UTF-8, cut. */
void orl_ipp_plain(char *out, size_t size, const char *text, const char *none)
{
	size_t n = 0;

	if (!text || !*text)
		text = none;
	for (; *text && n + 1 < size; text++) {
		unsigned char c = (unsigned char)*text;

		out[n++] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
	}
	while (n && !orl_printpipe_text_ok(out, n)) {
		/* Cut in the middle of a character, or never was one. */
		for (n--; n && ((unsigned char)out[n] & 0xc0) == 0x80;)
			n--;
	}
	out[n] = 0;
}

const char *orl_ipp_text(struct request *r, const char *name)
{
	ipp_attribute_t *a = ippFindAttribute(r->in, name, IPP_TAG_ZERO);

	switch (a ? ippGetValueTag(a) : IPP_TAG_ZERO) {
	case IPP_TAG_NAME:
	case IPP_TAG_NAMELANG:
	case IPP_TAG_TEXT:
	case IPP_TAG_TEXTLANG:
	case IPP_TAG_KEYWORD:
	case IPP_TAG_MIMETYPE:
	case IPP_TAG_URI:
		return ippGetString(a, 0, NULL);
	default:
		return NULL;
	}
}

int orl_ipp_number(struct request *r, const char *name, int none)
{
	ipp_attribute_t *a = ippFindAttribute(r->in, name, IPP_TAG_ZERO);

	switch (a ? ippGetValueTag(a) : IPP_TAG_ZERO) {
	case IPP_TAG_INTEGER:
	case IPP_TAG_ENUM:
		return ippGetInteger(a, 0);
	default:
		return none;
	}
}

/* ---- what is to be printed --------------------------------------------- */

/* Within a millimetre; in hundredths of one, of which b may be any number. */
static bool is_near(int32_t a, int32_t b)
{
	return b >= a - 100 && b <= a + 100;
}

static bool has_media(const struct printer *p, struct oriel_print_size size)
{
	for (uint32_t i = 0; i < p->about.n_media; i++)
		if (is_near(p->media[i].width, size.width) &&
				is_near(p->media[i].length, size.length))
			return true;
	return false;
}

static bool read_media(struct request *r, struct oriel_print_job *d)
{
	const char *name = orl_ipp_text(r, "media");
	ipp_attribute_t *col = ippFindAttribute(
			r->in, "media-col", IPP_TAG_BEGIN_COLLECTION);
	struct oriel_print_size size = { 0, 0 };

	if (name) {
		pwg_media_t *m = strlen(name) < 128 ? pwgMediaForPWG(name)
						    : NULL;
		if (m)
			size = (struct oriel_print_size){ m->width, m->length };
		else
			return false;
	} else if (col) {
		ipp_t *c = ippGetCollection(col, 0);
		ipp_attribute_t *s = ippFindAttribute(
				c, "media-size", IPP_TAG_BEGIN_COLLECTION);
		ipp_t *in = s ? ippGetCollection(s, 0) : NULL;
		ipp_attribute_t *x = in ? ippFindAttribute(in, "x-dimension",
							  IPP_TAG_INTEGER)
					: NULL;
		ipp_attribute_t *y = in ? ippFindAttribute(in, "y-dimension",
							  IPP_TAG_INTEGER)
					: NULL;
		if (!s)
			return true; /* another part of it, as the source */
		if (!x || !y)
			return false;
		size = (struct oriel_print_size){ ippGetInteger(x, 0),
			ippGetInteger(y, 0) };
	} else {
		return true;
	}
	if (!has_media(&r->printer, size))
		return false;
	d->media = size;
	return true;
}

static uint32_t read_word(struct request *r, const char *name,
		const char *const *words, uint32_t count, bool *wrong)
{
	const char *value = orl_ipp_text(r, name);

	if (!value)
		return 0;
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(value, words[i]) == 0)
			return 1u << i;
	*wrong = true;
	return 0;
}

static void read_resolution(struct request *r, struct oriel_print_job *d)
{
	ipp_attribute_t *a = ippFindAttribute(
			r->in, "printer-resolution", IPP_TAG_RESOLUTION);
	ipp_res_t unit;
	int x, y;

	if (!a)
		return;
	x = ippGetResolution(a, 0, &y, &unit);
	if (unit == IPP_RES_PER_INCH && x == y && x > 0 && x <= 2400)
		d->resolution = (uint32_t)x;
}

/* One run of pages; false: there are several. */
static bool read_pages(struct request *r, struct oriel_print_job *d)
{
	ipp_attribute_t *a =
			ippFindAttribute(r->in, "page-ranges", IPP_TAG_RANGE);
	int first, last = 0;

	if (!a)
		return true;
	first = ippGetRange(a, 0, &last);
	if (ippGetCount(a) != 1 || first < 1 || last < first)
		return false;
	d->first = (uint32_t)first;
	d->last = (uint32_t)last;
	return true;
}

/* What cannot be had as asked is an error where fidelity is, else left out. */
bool orl_ipp_read_details(struct request *r, struct oriel_print_job *d)
{
	static const char *const colours[] = { "monochrome", "color" };
	static const char *const sides[] = { "one-sided", "two-sided-long-edge",
		"two-sided-short-edge" };
	ipp_attribute_t *fidelity = ippFindAttribute(
			r->in, "ipp-attribute-fidelity", IPP_TAG_BOOLEAN);
	bool strict = fidelity && ippGetBoolean(fidelity, 0);
	const struct oriel_printer *p = &r->printer.about;
	const char *colour = orl_ipp_text(r, "print-color-mode");
	int copies = orl_ipp_number(r, "copies", 1);
	int quality = orl_ipp_number(r, "print-quality", 0);
	const char *bad = NULL;
	bool wrong = false;

	memset(d, 0, sizeof(*d));
	d->size = sizeof(*d);
	d->printer = r->slot;
	d->copies = copies >= 1 && copies <= 999 ? (uint32_t)copies : 1;
	if (copies < 1 || copies > 999)
		bad = "copies";
	if (!read_media(r, d))
		bad = ippFindAttribute(r->in, "media", IPP_TAG_ZERO)
				      ? "media"
				      : "media-col";
	if (colour && strcmp(colour, "auto") != 0)
		d->colour = read_word(
				r, "print-color-mode", colours, 2, &wrong);
	if (wrong || d->colour & ~p->colours) {
		bad = "print-color-mode";
		d->colour = 0;
	}
	wrong = false;
	d->side = read_word(r, "sides", sides, 3, &wrong);
	if (wrong || d->side & ~p->sides) {
		bad = "sides";
		d->side = 0;
	}
	if (quality >= IPP_QUALITY_DRAFT && quality <= IPP_QUALITY_HIGH)
		d->quality = 1u << (quality - IPP_QUALITY_DRAFT) & p->qualities;
	else if (quality)
		bad = "print-quality";
	read_resolution(r, d);
	if (!read_pages(r, d))
		bad = "page-ranges";
	if (!bad || !strict)
		return true;
	orl_ipp_refuse(r, ippFindAttribute(r->in, bad, IPP_TAG_ZERO));
	return false;
}

bool orl_ipp_read_format(struct request *r, struct oriel_print_job *d)
{
	ipp_attribute_t *a = ippFindAttribute(
			r->in, "document-format", IPP_TAG_ZERO);
	const char *mime = orl_ipp_text(r, "document-format");
	const char *compression = orl_ipp_text(r, "compression");

	if (compression && strcmp(compression, "none") != 0 &&
			strcmp(compression, "gzip") != 0) {
		orl_ipp_answer(r, IPP_STATUS_ERROR_COMPRESSION_NOT_SUPPORTED,
				"This compression is not known here.");
		return false;
	}
	/* To be seen by the document itself. */
	if (!a || (mime && strcmp(mime, ORL_IPP_ANY) == 0)) {
		d->format = 0;
		return true;
	}
	d->format = mime ? orl_ipp_format_of(mime) : 0;
	if (d->format & r->printer.about.formats)
		return true;
	orl_ipp_answer(r, IPP_STATUS_ERROR_DOCUMENT_FORMAT_NOT_SUPPORTED,
			"The printer does not take documents of this format.");
	ippAddString(r->out, IPP_TAG_UNSUPPORTED_GROUP, IPP_TAG_MIMETYPE,
			"document-format", NULL,
			mime ? mime : "application/octet-stream");
	return false;
}
