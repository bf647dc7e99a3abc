/* Amounts of money as officials write them in fields of fees.
 *
 *     money    = [label] amount [currency] [per] ["."]
 *              | [label] free [currency] ["."]
 *     label    = ("Phí" | "Lệ phí") [":"]
 *     amount   = digits and marks, as in core/decimal.h; 0 is free
 *     currency = đồng · đ · ₫ · VNĐ · VND · Việt Nam Đồng · đồng Việt Nam
 *              | USD · đô la Mỹ · EUR · euro                       whatever the case
 *     per      = "/" words | "(/" words ")"                        perhaps with the currency once more
 *     free     = Miễn phí · Không · Không thu phí · …
 *
 * So "3,500,000 Việt Nam Đồng(/hồ sơ)", "Lệ phí: 50.000 đồng/lần Đồng", "50000đ", "0 Đồng", "Phí: Không
 * Đồng". "Không có", "Không quy định", a currency alone and empty texts are nothing, not free of charge;
 * ranges, lists and everything else are prose. A fraction ("1/2", "3/4 ngày") is no amount per something: STATUS_REJECT. Fee (phí) and charge (lệ phí): Law 97/2015/QH13, Article 3.
 */
#ifndef CORE_MONEY_H
#define CORE_MONEY_H

#include <stdbool.h>

#include "core/error.h"
#include "core/text.h"

struct arena;

enum money_kind { MONEY_UNKNOWN, MONEY_FEE, MONEY_CHARGE }; /* no label · phí · lệ phí */

struct money {
    struct text amount;   /* a canonical decimal: "50000"; "0" when free */
    struct text currency; /* "VND", "USD", "EUR"; none: not said */
    struct text per;      /* "lần", "hồ sơ"; none: not said. Borrows from the text */
    enum money_kind kind;
    bool free;
};

/* "VND" for "Đồng"; none: no currency that is known. */
struct text money_currency(struct text text);
/* STATUS_END: nothing, or prose. STATUS_REJECT: an amount that can be read in two ways or in none. */
enum status money_read(struct arena *arena, struct text text, struct money *money, struct error *error);

#endif
