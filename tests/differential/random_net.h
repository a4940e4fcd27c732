/* random_net.h - a whole random net of one of five kinds, which generate.c tells. */
#ifndef TESTS_RANDOM_NET_H
#define TESTS_RANDOM_NET_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct Net Net;

/* A net of kind "exact", "rounded", "varying", "special" or "adjoint", out of the numbers that come next. */
Net *random_net(const char *kind, int most_channels);
/* Its source, whose weights, if it has any, are NAME.safetensors. */
void print_net(const Net *net, FILE *out, const char *name, const char *comment);
bool has_weights(const Net *net);
void print_weights(const Net *net, FILE *out);
void free_net(Net *net);

enum { NET_CHOICES = 10 };
/* The net that bytes stand for, a small one. The first says its kind; the rest of the first NET_CHOICES is how it is compiled
 * and fed (tests/fuzz/nets.c), and what it draws comes from those behind. */
Net *random_net_of(const uint8_t *bytes, size_t length, const char **kind);
#endif
