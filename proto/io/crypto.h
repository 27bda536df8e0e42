/*
 * crypto.h - the primitives of orl_crypto, from OpenSSL's libcrypto.
 */
#ifndef ORL_PROTO_IO_CRYPTO_H
#define ORL_PROTO_IO_CRYPTO_H

#include "proto/env.h"

extern const struct orl_crypto orl_openssl_crypto;

#endif
