/*
 * clones: one function compiled for several processors, chosen at start.
 *
 * Integer loops, and float loops without contraction, give the same result in
 * every form.  Sanitizers cannot run the chooser, so they get the plain form.
 */
#ifndef SELF_BASE_CLONES_H
#define SELF_BASE_CLONES_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) \
    && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if __GNUC__ >= 12
#define CLONES __attribute__((target_clones("arch=x86-64-v4", \
    "arch=x86-64-v3", "default")))
#else	/* gcc 11 can choose by a feature, not yet by a level */
#define CLONES __attribute__((target_clones("avx2", "default")))
#endif
#else
#define CLONES
#endif

#endif
