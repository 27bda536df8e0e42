/*
 * usb.c - see usb.h. Nothing is freed while somebody may hold it: a device
 * that ends is dead, and goes when the last call into its set returns.
 */
#include "redirect/usb.h"

#include <assert.h>
#include <string.h>

enum {
	OUT_MAX = 256 << 10,         /* waiting for credit: no room above it */
	GRANT = ORL_USB_WINDOW >> 2, /* smaller amounts wait for more */
	TEXT_MAX = 256,
};

_Static_assert((int)ORIEL_USB_INTERFACES == (int)ORL_USB_INTERFACES_MAX,
		"usbredir's limit");

enum state { OFFERED, OPEN, DEAD };

struct oriel_usb {
	struct orl_usb_set *set;
	struct orl_node node;
	uint32_t id;
	enum state state;
	void *data;
	struct oriel_usb_info info;
	struct orl_usb_police *police;
	/* In. */
	uint32_t window;  /* of bytes that may still come */
	uint32_t due;     /* have come, and are not granted again */
	size_t delivered; /* to the host, and not consumed */
	/* Out. */
	uint32_t credit;
	uint8_t *out; /* whole packets, from out_at on */
	size_t out_at, out_n, out_capacity;
	bool starved; /* the host has been told that there is no room */
};

/* ---- lives ------------------------------------------------------------- */

static void destroy(struct oriel_usb *usb)
{
	struct orl_usb_set *set = usb->set;

	orl_list_remove(&usb->node);
	set->count--;
	orl_usb_police_destroy(usb->police);
	orl_free(set->env, usb->out);
	orl_free(set->env, usb);
}

static void enter(struct orl_usb_set *set)
{
	set->depth++;
}

static void leave(struct orl_usb_set *set)
{
	if (--set->depth)
		return;
	ORL_EACH_SAFE (node, after, &set->devices) {
		struct oriel_usb *usb =
				orl_container(node, struct oriel_usb, node);
		if (usb->state == DEAD)
			destroy(usb);
	}
}

static int create(struct oriel_usb **out, struct orl_usb_set *set, uint32_t id,
		const struct oriel_usb_info *info)
{
	struct oriel_usb *usb = orl_alloc(set->env, 1, sizeof(*usb));

	if (!usb)
		return ORIEL_ENOMEM;
	usb->set = set;
	usb->id = id;
	usb->info = *info;
	usb->window = usb->credit = ORL_USB_WINDOW;
	orl_list_append(&set->devices, &usb->node);
	set->count++;
	int err = orl_usb_police_create(&usb->police, set->env, set->rules,
			&set->more, &usb->info);
	if (err) {
		destroy(usb);
		return err;
	}
	*out = usb;
	return 0;
}

/* NULL, also of one that is gone. */
static struct oriel_usb *find(struct orl_usb_set *set, uint32_t id)
{
	ORL_EACH (node, &set->devices) {
		struct oriel_usb *usb =
				orl_container(node, struct oriel_usb, node);
		if (usb->id == id && usb->state != DEAD)
			return usb;
	}
	return NULL;
}

void orl_usb_init(struct orl_usb_set *set, const struct orl_env *env,
		enum orl_role role, const struct orl_usb_calls *calls,
		const struct orl_usb_rules *rules)
{
	memset(set, 0, sizeof(*set));
	set->env = env;
	set->role = role;
	set->calls = calls;
	set->rules = rules;
	set->more.open = true;
	orl_list_init(&set->devices);
}

void orl_usb_end(struct orl_usb_set *set)
{
	enter(set);
	set->link = NULL;
	set->last = 0;
	ORL_EACH_SAFE (node, after, &set->devices) {
		struct oriel_usb *usb =
				orl_container(node, struct oriel_usb, node);
		if (usb->state == DEAD)
			continue;
		usb->state = DEAD;
		set->calls->detached(set, usb, NULL);
	}
	leave(set);
}

void orl_usb_fini(struct orl_usb_set *set)
{
	if (!set->calls)
		return; /* it was never made */
	assert(!set->depth);
	ORL_EACH_SAFE (node, after, &set->devices)
		destroy(orl_container(node, struct oriel_usb, node));
	orl_usb_rules_fini(&set->more);
}

/* ---- what is sent ------------------------------------------------------ */

static struct orl_view text_of(const char *text)
{
	size_t n = text ? strlen(text) : 0;

	while (n > TEXT_MAX || (n && ((unsigned char)text[n] & 0xc0) == 0x80))
		n--;
	if (!n || !orl_utf8_ok((const uint8_t *)text, n))
		n = 0;
	return (struct orl_view){ (const uint8_t *)text, (uint32_t)n };
}

static void queued(struct orl_usb_set *set, int err)
{
	set->calls->queued(set, err);
}

#define PUT(set, name, v) \
	((set)->link ? queued((set), ORL_LINK_PUT((set)->link, name, (v))) \
		     : (void)0)

static void put_answer(struct orl_usb_set *set, uint32_t id,
		enum oriel_usb_answer answer, const char *why)
{
	struct orl_usb_answer msg = {
		.device = id, .answer = (uint8_t)answer, .why = text_of(why)
	};

	PUT(set, usb_answer, &msg);
}

/* The other end hears that it is gone; what waits for it there is dropped. */
static void say_gone(struct oriel_usb *usb, const char *why)
{
	struct orl_usb_set *set = usb->set;
	struct orl_usb_detach msg = { usb->id, text_of(why) };

	usb->state = DEAD;
	if (!set->link)
		return;
	int err = orl_link_cancel(set->link, ORL_CHANNEL_USB, usb->id);
	if (err)
		queued(set, err);
	else
		PUT(set, usb_detach, &msg);
}

/* What is heard and seen by people goes before pictures. */
static bool urgent(const struct oriel_usb *usb)
{
	return orl_usb_police_streams(usb->police);
}

static int send_piece(struct oriel_usb *usb, size_t n)
{
	struct orl_usb_set *set = usb->set;
	struct orl_buf *tail = orl_buf_create(set->env, n);
	uint8_t head[4];
	struct orl_wr w = { head, sizeof(head), 0 };

	if (!tail)
		return ORIEL_ENOMEM;
	memcpy(tail->data, usb->out + usb->out_at, n);
	wr_U32(&w, usb->id);
	int err = orl_link_send(
			set->link, &(struct orl_send){ .id = ORL_MSG_usb_data,
						   .stream = usb->id,
						   .head = head,
						   .head_n = w.n,
						   .tail = tail,
						   .urgent = urgent(usb) });
	orl_buf_unref(tail);
	return err;
}

static void flush(struct oriel_usb *usb)
{
	struct orl_usb_set *set = usb->set;
	int err = 0;
	bool any = false;

	while (set->link && usb->state == OPEN && usb->out_n && usb->credit &&
			!err) {
		size_t n = usb->out_n < ORL_PIECE_MAX ? usb->out_n
						      : ORL_PIECE_MAX;
		n = n < usb->credit ? n : usb->credit;
		err = send_piece(usb, n);
		if (err)
			break;
		any = true;
		usb->credit -= (uint32_t)n;
		usb->out_at += n;
		usb->out_n -= n;
	}
	if (!usb->out_n) {
		usb->out_at = 0;
		if (usb->out_capacity > OUT_MAX) {
			orl_free(set->env, usb->out);
			usb->out = NULL;
			usb->out_capacity = 0;
		}
	}
	if (any || err)
		queued(set, err);
}

static void put_credit(struct oriel_usb *usb, const struct orl_usb_credit *msg)
{
	struct orl_usb_set *set = usb->set;
	uint8_t head[8];
	struct orl_wr w = { head, sizeof(head), 0 };

	orl_put_usb_credit(&w, msg);
	if (set->link)
		queued(set, orl_link_send(set->link,
					    &(struct orl_send){
							    .id = ORL_MSG_usb_credit,
							    .head = head,
							    .head_n = w.n,
							    .urgent = urgent(
									    usb) }));
}

/* What was used, and is not more than a window ahead of the host, again. */
static void grant(struct oriel_usb *usb)
{
	struct orl_usb_credit msg = { usb->id, usb->due };

	if (usb->state != OPEN || usb->delivered > ORL_USB_WINDOW ||
			usb->due < GRANT)
		return;
	usb->window += usb->due;
	usb->due = 0;
	put_credit(usb, &msg);
}

/* It broke the rules, or the protocol: it goes, and its session stays. */
static void expel(struct oriel_usb *usb)
{
	const char *why = orl_usb_police_why(usb->police);

	orl_log(usb->set->env, ORIEL_LOG_WARN, "usb",
			"device %04x:%04x is detached: %s", usb->info.vendor,
			usb->info.product, why);
	say_gone(usb, why);
}

/* ---- what the other end says ------------------------------------------- */

static void take_info(
		struct oriel_usb_info *info, const struct orl_usb_attach *msg)
{
	*info = (struct oriel_usb_info){ .size = sizeof(*info),
		.vendor = msg->vendor,
		.product = msg->product,
		.release = msg->release,
		.device_class = msg->class,
		.device_subclass = msg->subclass,
		.device_protocol = msg->protocol,
		.speed = msg->speed,
		.interface_count = msg->interfaces.n };
	for (unsigned i = 0; i < msg->interfaces.n; i++) {
		struct orl_usb_interface f;
		orl_at_usb_interface(&msg->interfaces, i, &f);
		info->interfaces[i] = (struct oriel_usb_interface){ f.class,
			f.subclass, f.protocol };
	}
	size_t n = msg->name.n < sizeof(info->name) ? msg->name.n
						    : sizeof(info->name) - 1;
	/* It is shown and logged: nothing in it may be a control character. */
	for (size_t i = 0; i < n; i++)
		info->name[i] = (char)(msg->name.p[i] < 0x20 || msg->name.p[i] == 0x7f
						       ? '?'
						       : msg->name.p[i]);
	while (n && !orl_utf8_ok((const uint8_t *)info->name, n))
		n--;
	info->name[n] = 0;
}

static int judge(const struct orl_usb_set *set,
		const struct oriel_usb_info *info, char *why, size_t size)
{
	int err = set->rules ? orl_usb_rules_check(set->rules, info, why, size)
			     : 0;

	return err ? err : orl_usb_rules_check(&set->more, info, why, size);
}

int orl_usb_on_attach(struct orl_usb_set *set, const uint8_t *data, size_t n,
		const char *refuse)
{
	struct orl_usb_attach msg;
	struct oriel_usb_info info;
	struct oriel_usb *usb;
	char why[TEXT_MAX];
	int err = orl_get_usb_attach(data, n, &msg);

	if (err)
		return err;
	if (msg.device <= set->last || set->count >= ORL_USB_DEVICES_MAX)
		return ORIEL_EPROTO;
	set->last = msg.device;
	take_info(&info, &msg);
	if (!refuse && judge(set, &info, why, sizeof(why)))
		refuse = why;
	if (refuse) {
		put_answer(set, msg.device, ORIEL_USB_REFUSED, refuse);
		return 0;
	}
	err = create(&usb, set, msg.device, &info);
	if (err)
		return err;
	enter(set);
	set->calls->attached(set, usb);
	leave(set);
	return 0;
}

/* Late for one that is gone is 0 and NULL; for one that never was, wrong. */
static int find_for(struct oriel_usb **usb, struct orl_usb_set *set,
		uint32_t id, bool open)
{
	*usb = find(set, id);
	if (*usb)
		return open && (*usb)->state != OPEN ? ORIEL_EPROTO : 0;
	return !id || id > set->last ? ORIEL_EPROTO : 0;
}

static void copy_text(char out[static TEXT_MAX + 1], struct orl_view text)
{
	/* UTF-8 without NUL, and no more than that: as the decoder has it. */
	if (text.n)
		memcpy(out, text.p, text.n);
	out[text.n] = 0;
}

int orl_usb_on_answer(struct orl_usb_set *set, const uint8_t *data, size_t n)
{
	struct orl_usb_answer msg;
	struct oriel_usb *usb;
	char why[TEXT_MAX + 1];
	int err = orl_get_usb_answer(data, n, &msg);

	if (!err)
		err = find_for(&usb, set, msg.device, false);
	if (err || !usb)
		return err;
	if (usb->state != OFFERED)
		return ORIEL_EPROTO;
	copy_text(why, msg.why);
	enter(set);
	usb->state = msg.answer == ORIEL_USB_OPEN      ? OPEN
		     : msg.answer == ORIEL_USB_REFUSED ? DEAD
						       : OFFERED;
	set->calls->answered(set, usb, (enum oriel_usb_answer)msg.answer, why);
	leave(set);
	return 0;
}

static bool deliver(void *user, const uint8_t *packet, size_t n)
{
	struct oriel_usb *usb = user;

	usb->delivered += n;
	usb->set->calls->data(usb->set, usb, packet, n);
	return usb->state == OPEN;
}

int orl_usb_on_data(struct orl_usb_set *set, const uint8_t *data, size_t n)
{
	struct orl_usb_data msg;
	struct oriel_usb *usb;
	int err = orl_get_usb_data(data, n, &msg);

	if (!err && !msg.data.n)
		err = ORIEL_EPROTO;
	if (!err)
		err = find_for(&usb, set, msg.device, true);
	if (err || !usb)
		return err;
	if (msg.data.n > usb->window)
		return ORIEL_EPROTO;
	usb->window -= msg.data.n;
	usb->due += msg.data.n;
	enter(set);
	err = orl_usb_police_feed(usb->police,
			set->role == ORL_SERVER ? ORL_USB_HOST : ORL_USB_GUEST,
			msg.data.p, msg.data.n, deliver, usb);
	if (usb->state == OPEN && err) {
		expel(usb);
		set->calls->detached(set, usb, orl_usb_police_why(usb->police));
	}
	grant(usb);
	leave(set);
	return 0;
}

int orl_usb_on_credit(struct orl_usb_set *set, const uint8_t *data, size_t n)
{
	struct orl_usb_credit msg;
	struct oriel_usb *usb;
	int err = orl_get_usb_credit(data, n, &msg);

	if (!err)
		err = find_for(&usb, set, msg.device, true);
	if (err || !usb)
		return err;
	if (msg.bytes > ORL_USB_WINDOW - usb->credit)
		return ORIEL_EPROTO;
	usb->credit += msg.bytes;
	enter(set);
	flush(usb);
	if (usb->starved && usb->state == OPEN && usb->out_n < OUT_MAX) {
		usb->starved = false;
		set->calls->writable(set, usb);
	}
	leave(set);
	return 0;
}

int orl_usb_on_detach(struct orl_usb_set *set, const uint8_t *data, size_t n)
{
	struct orl_usb_detach msg;
	struct oriel_usb *usb;
	char why[TEXT_MAX + 1];
	int err = orl_get_usb_detach(data, n, &msg);

	if (!err)
		err = find_for(&usb, set, msg.device, false);
	if (err || !usb)
		return err;
	copy_text(why, msg.why);
	enter(set);
	usb->state = DEAD;
	set->calls->detached(set, usb, why);
	leave(set);
	return 0;
}

void orl_usb_drop_all(struct orl_usb_set *set, const char *why)
{
	enter(set);
	ORL_EACH_SAFE (node, after, &set->devices) {
		struct oriel_usb *usb =
				orl_container(node, struct oriel_usb, node);
		if (usb->state == DEAD)
			continue;
		say_gone(usb, why);
		set->calls->detached(set, usb, why);
	}
	leave(set);
}

/* ---- what the host says ------------------------------------------------ */

static int offer(struct oriel_usb **out, struct orl_usb_set *set,
		const struct oriel_usb_info *info)
{
	uint8_t interfaces[ORL_USB_INTERFACES_MAX * 3];
	struct orl_wr w = { interfaces, sizeof(interfaces), 0 };
	struct orl_usb_attach msg = { .device = set->last + 1,
		.vendor = info->vendor,
		.product = info->product,
		.release = info->release,
		.class = info->device_class,
		.subclass = info->device_subclass,
		.protocol = info->device_protocol,
		.speed = info->speed,
		.interfaces = { interfaces, (uint16_t)info->interface_count },
		.name = text_of(info->name) };
	int err = create(out, set, msg.device, info);

	if (err)
		return err;
	for (uint32_t i = 0; i < info->interface_count; i++)
		orl_put_usb_interface(&w,
				&(struct orl_usb_interface){
						info->interfaces[i]
								.interface_class,
						info->interfaces[i].subclass,
						info->interfaces[i].protocol });
	set->last++;
	PUT(set, usb_attach, &msg);
	return 0;
}

int orl_usb_offer(struct oriel_usb **out, struct orl_usb_set *set,
		const struct oriel_usb_info *info)
{
	char why[TEXT_MAX];

	if (info->size != sizeof(*info) || info->speed > 4 ||
			info->interface_count > ORL_USB_INTERFACES_MAX ||
			!memchr(info->name, 0, sizeof(info->name)))
		return ORIEL_EINVAL;
	if (!set->link)
		return ORIEL_ESTATE;
	if (set->count >= ORL_USB_DEVICES_MAX || set->last == UINT32_MAX)
		return ORIEL_ELIMIT;
	int err = judge(set, info, why, sizeof(why));
	if (err)
		orl_log(set->env, ORIEL_LOG_INFO, "usb", "%04x:%04x: %s",
				info->vendor, info->product, why);
	return err ? err : offer(out, set, info);
}

void orl_usb_answer(struct oriel_usb *usb, enum oriel_usb_answer answer,
		const char *why)
{
	struct orl_usb_set *set = usb->set;

	if (usb->state != OFFERED)
		return;
	enter(set);
	usb->state = answer == ORIEL_USB_OPEN      ? OPEN
		     : answer == ORIEL_USB_REFUSED ? DEAD
						   : OFFERED;
	put_answer(set, usb->id, answer, why);
	leave(set);
}

struct orl_usb_set *orl_usb_set_of(const struct oriel_usb *usb)
{
	return usb->set;
}

static bool keep(void *user, const uint8_t *packet, size_t n)
{
	struct oriel_usb *usb = user;
	size_t need = usb->out_n + n, capacity = usb->out_capacity * 2;

	if (usb->out_at + need > usb->out_capacity && usb->out_at) {
		memmove(usb->out, usb->out + usb->out_at, usb->out_n);
		usb->out_at = 0;
	}
	if (need > usb->out_capacity) {
		capacity = capacity > need ? capacity : need;
		uint8_t *out = orl_resize(usb->set->env, usb->out, capacity, 1);
		if (!out) {
			queued(usb->set, ORIEL_ENOMEM);
			return false;
		}
		usb->out = out;
		usb->out_capacity = capacity;
	}
	memcpy(usb->out + usb->out_at + usb->out_n, packet, n);
	usb->out_n += n;
	return true;
}

int oriel_usb_send(struct oriel_usb *usb, const void *data, size_t n)
{
	struct orl_usb_set *set = usb->set;

	if (usb->state != OPEN)
		return ORIEL_ESTATE;
	if (n > oriel_usb_room(usb))
		return ORIEL_ELIMIT;
	enter(set);
	int err = orl_usb_police_feed(usb->police,
			set->role == ORL_SERVER ? ORL_USB_GUEST : ORL_USB_HOST,
			data, n, keep, usb);
	if (err) {
		/* What went before may be a goodbye. */
		flush(usb);
		expel(usb);
	} else {
		flush(usb);
		usb->starved = usb->starved || usb->out_n >= OUT_MAX;
	}
	leave(set);
	return err;
}

size_t oriel_usb_room(const struct oriel_usb *usb)
{
	if (usb->state != OPEN || usb->out_n >= OUT_MAX)
		return 0;
	return OUT_MAX - usb->out_n;
}

void oriel_usb_consumed(struct oriel_usb *usb, size_t n)
{
	enter(usb->set);
	usb->delivered -= n < usb->delivered ? n : usb->delivered;
	grant(usb);
	leave(usb->set);
}

void oriel_usb_detach(struct oriel_usb *usb, const char *why)
{
	struct orl_usb_set *set = usb ? usb->set : NULL;

	if (!set || usb->state == DEAD)
		return;
	enter(set);
	say_gone(usb, why);
	leave(set);
}

void oriel_usb_get_info(
		const struct oriel_usb *usb, struct oriel_usb_info *info)
{
	size_t size = orl_min64(info->size, sizeof(*info));

	memcpy(info, &usb->info, size);
	info->size = size;
}

void oriel_usb_set_data(struct oriel_usb *usb, void *data)
{
	usb->data = data;
}

void *oriel_usb_data(const struct oriel_usb *usb)
{
	return usb->data;
}
