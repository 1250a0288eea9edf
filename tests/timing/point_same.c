#include "points.h"
void point_same(struct ledger *ledger, uint64_t effort) { (void)ledger; (void)effort; }
