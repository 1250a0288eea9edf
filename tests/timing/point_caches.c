#include "points.h"
void point_caches(struct ledger *ledger, uint64_t effort) { (void)ledger; (void)effort; }
