// mpfr_t is an array of one struct, which Swift imports as a tuple; these take a pointer to the struct instead.

#pragma once

#include <mpfr.h>
