/*
 * network: which network a stream's features are of.
 */
#ifndef SELF_EVAL_NETWORK_H
#define SELF_EVAL_NETWORK_H

#include "stream/stream.h"

/*
 * A number that is another one for features of another network, as far as the
 * header's history says: how ssl-encode's checkpoint was made, the file's name
 * without its folder, and --network.  0 for what ssl-encode did not make.
 */
uint64_t network_of(const struct head *);

#endif
