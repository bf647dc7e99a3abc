/* scripts/verify-ledger as it stood when the program was built: it goes into every bundle of evidence. */
#ifndef CLI_VERIFY_SCRIPT_H
#define CLI_VERIFY_SCRIPT_H

#include "core/text.h"

struct text verify_script(void);

#endif
