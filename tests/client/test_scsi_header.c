/*
 * <ntddscsi.h>: codes and sizes, which a client fills in by hand.
 */
#include "win32_test.h"

#include <basetyps.h>
#include <ntddscsi.h>

static void test_sizes(void **state)
{
    (void)state;
    assert_int_equal(IOCTL_SCSI_PASS_THROUGH, 0x4D004);
    assert_int_equal(IOCTL_SCSI_PASS_THROUGH_DIRECT, 0x4D014);
    assert_int_equal(IOCTL_SCSI_GET_ADDRESS, 0x41018);
    assert_int_equal(IOCTL_ATA_PASS_THROUGH, 0x4D02C);
    assert_int_equal(sizeof(SCSI_PASS_THROUGH), 56);
    assert_int_equal(FIELD_OFFSET(SCSI_PASS_THROUGH, DataBufferOffset), 24);
    assert_int_equal(FIELD_OFFSET(SCSI_PASS_THROUGH_DIRECT, Cdb), 36);
    assert_int_equal(sizeof(SCSI_PASS_THROUGH32), 44);
    assert_int_equal(sizeof(ATA_PASS_THROUGH_EX), 48);
    assert_int_equal(sizeof(ATA_PASS_THROUGH_EX32), 40);
    assert_int_equal(sizeof(SRB_IO_CONTROL), 28);
    assert_int_equal(sizeof(SCSI_ADDRESS), 8);
    assert_int_equal(sizeof(IO_SCSI_CAPABILITIES), 24);
    assert_int_equal(FIELD_OFFSET(SCSI_INQUIRY_DATA, InquiryData), 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
