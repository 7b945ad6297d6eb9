/* expect: error: .*ntio_seh_final_ */
#include <ntddk.h>
int f(void)
{
    return AbnormalTermination();
}
