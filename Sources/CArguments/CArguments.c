#include "CArguments.h"

#include <stdlib.h>

static int count = -1;
static char **values = NULL;

#if defined(__APPLE__)
#include <crt_externs.h>

__attribute__((constructor)) static void take_arguments(void) {
  count = *_NSGetArgc();
  values = *_NSGetArgv();
}
#elif defined(__GLIBC__)
// glibc gives them to every constructor; other C libraries do not.
__attribute__((constructor)) static void take_arguments(int argc, char **argv) {
  count = argc;
  values = argv;
}
#endif

int carguments_count(void) { return count; }

const char *carguments_value(int index) { return values[index]; }
