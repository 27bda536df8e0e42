#include <stdio.h>
#include <oriel/oriel-server.h>

static void on_key(void *user, struct oriel_peer *peer, const struct oriel_key *key)
{
	(void)user;
	printf("%s: %s %06x\n", oriel_peer_user(peer), key->down ? "down" : "up", (unsigned)key->usage);
}

static void on_pointer(void *user, struct oriel_peer *peer, const struct oriel_pointer *p)
{
	(void)user;
	(void)peer;
	if (p->flags & ORIEL_POINTER_RELATIVE)
		printf("by %d/256 %d/256\n", (int)p->x, (int)p->y);
	else
		printf("to %d %d of display %u\n", (int)p->x, (int)p->y, (unsigned)p->display);
}

const struct oriel_server_events input_events = {
	.size = sizeof(input_events),
	.key = on_key,
	.pointer = on_pointer,
};
