/*
 * Headers that are there for their types and numbers, and those whose functions are inline. DRIVERS: win32dev
 */
#include "win32_test.h"

#include <cfgmgr32.h>
#include <dbt.h>
#include <intsafe.h>
#include <scsi.h>

/* As Microsoft's compiler lays them out for x64. */
_Static_assert(sizeof(CDB) == 16 && sizeof(INQUIRYDATA) == 104 && sizeof(SENSE_DATA) == 18, "scsi.h");
_Static_assert(sizeof(READ_CAPACITY_DATA) == 8 && sizeof(READ_CAPACITY_DATA_EX) == 12, "scsi.h");
_Static_assert(sizeof(MODE_PARAMETER_HEADER) == 4 && sizeof(MODE_PARAMETER_HEADER10) == 8, "scsi.h");
_Static_assert(sizeof(SCSI_REQUEST_BLOCK) == 88 && offsetof(SCSI_REQUEST_BLOCK, Cdb) == 72, "srb.h");
_Static_assert(sizeof(DEV_BROADCAST_VOLUME) == 20 && sizeof(DEV_BROADCAST_HANDLE) == 56, "dbt.h");
_Static_assert(sizeof(DEV_BROADCAST_DEVICEINTERFACE_W) == 32 && DBT_DEVICEARRIVAL == 0x8000, "dbt.h");
_Static_assert(CR_BUFFER_SMALL == 0x1A && CM_PROB_FAILED_START == 10 && DN_STARTED == 8, "cfgmgr32.h");

static void test_cdb(void **state)
{
    (void)state;
    CDB cdb = {.AsByte = {0}};
    cdb.CDB10.OperationCode = SCSIOP_READ;
    cdb.CDB10.ForceUnitAccess = 1;
    cdb.CDB10.LogicalBlockByte3 = 7;
    cdb.CDB10.TransferBlocksLsb = 9;
    static const UCHAR bytes[16] = {0x28, 8, 0, 0, 0, 7, 0, 0, 9};
    assert_memory_equal(cdb.AsByte, bytes, 16);
    memset(&cdb, 0, sizeof cdb);
    cdb.START_STOP.OperationCode = SCSIOP_START_STOP_UNIT;
    cdb.START_STOP.LoadEject = 1;
    assert_int_equal(cdb.AsByte[4], 2);
    assert_int_equal(SRB_STATUS(SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID), SRB_STATUS_ERROR);
}

static void test_integers(void **state)
{
    (void)state;
    ULONG sum;
    USHORT small;
    size_t size;
    UCHAR byte;
    assert_int_equal(ULongAdd(1, 2, &sum), S_OK);
    assert_int_equal(sum, 3);
    assert_int_equal(ULongAdd(0xFFFFFFFF, 1, &sum), INTSAFE_E_ARITHMETIC_OVERFLOW);
    assert_int_equal(sum, 0xFFFFFFFF);
    assert_int_equal(ULongSub(1, 2, &sum), (HRESULT)0x80070216);
    assert_int_equal(UIntToUShort(65536, &small), INTSAFE_E_ARITHMETIC_OVERFLOW);
    assert_int_equal(small, 0xFFFF);
    assert_int_equal(UIntToUShort(65535, &small), S_OK);
    assert_int_equal(ULongToUChar(256, &byte), INTSAFE_E_ARITHMETIC_OVERFLOW);
    assert_int_equal(SizeTMult((size_t)1 << 63, 2, &size), INTSAFE_E_ARITHMETIC_OVERFLOW);
    assert_int_equal(SizeTMult(3, 4, &size), S_OK);
    assert_int_equal(size, 12);
    assert_int_equal(SizeTToULong(size, &sum), S_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cdb),
        cmocka_unit_test(test_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
