/* How many items a table has. */
#ifndef CORE_COUNT_H
#define CORE_COUNT_H

#define COUNT(table) (sizeof(table) / sizeof *(table))

#endif
