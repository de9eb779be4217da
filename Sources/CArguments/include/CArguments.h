// The arguments as the system gave them to the program. Swift reads them from /proc on Linux, where they may be missing,
// and replaces bytes that are not UTF-8.

#pragma once

/// How many arguments there are, the program's name among them; negative where they are not known.
int carguments_count(void);

/// The bytes of an argument, ended by a zero.
const char *carguments_value(int index);
