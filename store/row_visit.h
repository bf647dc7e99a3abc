/* For who takes the rows of a query one by one instead of all at once: memory does not grow with them. */
#ifndef STORE_ROW_VISIT_H
#define STORE_ROW_VISIT_H

#include "core/error.h"
#include "core/value.h"

/* `arena` has what the row holds, and may be given what is made of it; it is cleared before the next row. Another status
 * than OK ends it and is what the query returns. */
struct row_visit {
    enum status (*row)(void *user_data, struct value *row, struct arena *arena, struct error *error);
    void *user_data;
};

#endif
