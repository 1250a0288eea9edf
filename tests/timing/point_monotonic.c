#include "points.h"
void point_monotonic(struct ledger *ledger, uint64_t effort) { (void)ledger; (void)effort; }
