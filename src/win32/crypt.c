/*
 * Random bytes by the old cryptographic interface. A provider's handle is a number: it has nothing to keep.
 */
#include "win32p.h"

#include <wincrypt.h>

#define PROVIDER ((HCRYPTPROV)0x43525950)

/* Without keys (CRYPT_VERIFYCONTEXT), of the two kinds that everybody has; key containers are not there:
 * NTE_BAD_KEYSET. */
static BOOL acquire(HCRYPTPROV *provider, DWORD type, DWORD flags)
{
    HCRYPTPROV handle = PROVIDER;
    if (type != PROV_RSA_FULL && type != PROV_RSA_AES)
        return win32_error((DWORD)NTE_PROV_TYPE_NOT_DEF);
    if (flags & ~(DWORD)(CRYPT_VERIFYCONTEXT | CRYPT_SILENT | CRYPT_MACHINE_KEYSET))
        return win32_error((DWORD)NTE_BAD_FLAGS);
    if (!(flags & CRYPT_VERIFYCONTEXT))
        return win32_error((DWORD)NTE_BAD_KEYSET);
    return win32_write(provider, &handle, sizeof handle);
}

BOOL WINAPI CryptAcquireContextA(HCRYPTPROV *phProv, LPCSTR szContainer, LPCSTR szProvider, DWORD dwProvType,
                                 DWORD dwFlags)
{
    (void)szContainer, (void)szProvider;
    return acquire(phProv, dwProvType, dwFlags);
}

BOOL WINAPI CryptAcquireContextW(HCRYPTPROV *phProv, LPCWSTR szContainer, LPCWSTR szProvider,
                                 DWORD dwProvType, DWORD dwFlags)
{
    (void)szContainer, (void)szProvider;
    return acquire(phProv, dwProvType, dwFlags);
}

BOOL WINAPI CryptReleaseContext(HCRYPTPROV hProv, DWORD dwFlags)
{
    if (hProv != PROVIDER)
        return win32_error(ERROR_INVALID_PARAMETER);
    return dwFlags ? win32_error((DWORD)NTE_BAD_FLAGS) : TRUE;
}

BOOL WINAPI CryptGenRandom(HCRYPTPROV hProv, DWORD dwLen, BYTE *pbBuffer)
{
    UCHAR bytes[256];
    if (hProv != PROVIDER)
        return win32_error(ERROR_INVALID_PARAMETER);
    for (DWORD done = 0, now; done < dwLen; done += now) {
        now = dwLen - done < sizeof bytes ? dwLen - done : (DWORD)sizeof bytes;
        host_random(bytes, now);
        if (!win32_write(pbBuffer + done, bytes, now))
            return FALSE;
    }
    return TRUE;
}
