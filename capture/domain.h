/*
 * domain.h - what libvirt says about a domain: where its D-Bus display is.
 *
 * Pure. The text is XML that libvirt has made; of all that it may hold only
 * domain/devices/graphics is looked at.
 */
#ifndef ORL_DOMAIN_H
#define ORL_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

enum { ORL_DOMAIN_NAME = 200 }; /* bytes */

/* Whether libvirt could call a domain so, and it is no option of a program. */
bool orl_domain_name_ok(const char *name);

/*
 * Copy the address of the bus into out[size]. Returns NULL or a sentence, which
 * begins with what the domain does: "is not running".
 */
const char *orl_domain_address(
		char *out, size_t size, const char *xml, size_t length);

#endif
