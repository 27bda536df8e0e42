/*
 * usb.c - devices that this client offers the desktop. What flows is
 * redirect/usb.c.
 */
#include "client/client.h"

static struct oriel_client *client_of(struct orl_usb_set *set)
{
	return orl_container(set, struct oriel_client, usb);
}

static void on_answered(struct orl_usb_set *set, struct oriel_usb *usb,
		enum oriel_usb_answer answer, const char *why)
{
	struct oriel_client *c = client_of(set);

	if (c->events.usb_answered)
		c->events.usb_answered(c->user, usb, answer, why);
}

static void on_data(struct orl_usb_set *set, struct oriel_usb *usb,
		const void *data, size_t n)
{
	struct oriel_client *c = client_of(set);

	if (c->events.usb_data)
		c->events.usb_data(c->user, usb, data, n);
	else
		oriel_usb_consumed(usb, n);
}

static void on_writable(struct orl_usb_set *set, struct oriel_usb *usb)
{
	struct oriel_client *c = client_of(set);

	if (c->events.usb_writable)
		c->events.usb_writable(c->user, usb);
}

static void on_detached(
		struct orl_usb_set *set, struct oriel_usb *usb, const char *why)
{
	struct oriel_client *c = client_of(set);

	if (c->events.usb_detached)
		c->events.usb_detached(c->user, usb, why);
}

static void on_queued(struct orl_usb_set *set, int err)
{
	struct oriel_client *c = client_of(set);

	if (c->conn && orl_session_sent(c, err) == 0)
		orl_conn_kick(c->conn);
}

static const struct orl_usb_calls calls = {
	.answered = on_answered,
	.data = on_data,
	.writable = on_writable,
	.detached = on_detached,
	.queued = on_queued,
};

int orl_client_usb_init(struct oriel_client *c, const char *rules)
{
	orl_usb_init(&c->usb, &c->env, ORL_CLIENT, &calls, &c->usb_rules);
	if (c->events.usb_detached)
		c->offered |= ORL_CAP(USB);
	return orl_usb_rules_init(&c->usb_rules, rules);
}

void orl_client_usb_fini(struct oriel_client *c)
{
	orl_usb_fini(&c->usb);
	orl_usb_rules_fini(&c->usb_rules);
}

int orl_client_usb_answer(struct oriel_client *c, const uint8_t *data, size_t n)
{
	return orl_usb_on_answer(&c->usb, data, n);
}

int orl_client_usb_data(struct oriel_client *c, const uint8_t *data, size_t n)
{
	return orl_usb_on_data(&c->usb, data, n);
}

int orl_client_usb_credit(struct oriel_client *c, const uint8_t *data, size_t n)
{
	return orl_usb_on_credit(&c->usb, data, n);
}

int orl_client_usb_detach(struct oriel_client *c, const uint8_t *data, size_t n)
{
	return orl_usb_on_detach(&c->usb, data, n);
}

/* What was dropped unsent was of a device whose usb_detach comes next. */
int orl_client_usb_cancel(struct oriel_client *c, const uint8_t *data, size_t n)
{
	struct orl_cancel msg;

	(void)c;
	return orl_get_cancel(data, n, &msg);
}

int oriel_client_usb_attach(struct oriel_usb **out, struct oriel_client *c,
		const struct oriel_usb_info *info)
{
	if (!out || !c || !info)
		return ORIEL_EINVAL;
	if (c->state != ORIEL_CLIENT_READY || !c->conn || c->ending)
		return ORIEL_ESTATE;
	if (!(c->caps & ORL_CAP(USB)))
		return ORIEL_ENOTSUP;
	if (!(c->rights & ORIEL_MAY_USB))
		return ORIEL_EDENIED;
	c->usb.link = orl_conn_link(c->conn);
	return orl_usb_offer(out, &c->usb, info);
}
