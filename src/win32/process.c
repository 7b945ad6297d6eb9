/*
 * The client's processes. What can be started are the programs that a test has registered: each runs as a
 * simulated process, inside the one host process.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Does not return when the process is one of CreateProcess's or of a test's. */
static void end_simulated(UINT code)
{
    NtTerminateProcess(NULL, (NTSTATUS)code);
}

VOID WINAPI ExitProcess(UINT uExitCode)
{
    end_simulated(uExitCode);
    exit((int)uExitCode);
}

/* The client itself ends as it does with ExitProcess. */
BOOL WINAPI TerminateProcess(HANDLE hProcess, UINT uExitCode)
{
    if (!hProcess)
        return win32_error(ERROR_INVALID_HANDLE);
    NTSTATUS status = NtTerminateProcess(hProcess, (NTSTATUS)uExitCode);
    if (status == STATUS_ACCESS_DENIED && hProcess == GetCurrentProcess())
        exit((int)uExitCode);
    return win32_result(status);
}

/* --- its memory --- */

BOOL WINAPI ReadProcessMemory(HANDLE hProcess, LPCVOID lpBaseAddress, LPVOID lpBuffer, SIZE_T nSize,
                              SIZE_T *lpNumberOfBytesRead)
{
    return win32_result(
        NtReadVirtualMemory(hProcess, (PVOID)lpBaseAddress, lpBuffer, nSize, lpNumberOfBytesRead));
}

BOOL WINAPI WriteProcessMemory(HANDLE hProcess, LPVOID lpBaseAddress, LPCVOID lpBuffer, SIZE_T nSize,
                               SIZE_T *lpNumberOfBytesWritten)
{
    return win32_result(
        NtWriteVirtualMemory(hProcess, lpBaseAddress, (PVOID)lpBuffer, nSize, lpNumberOfBytesWritten));
}

/* --- its name --- */

/* A copy of the image's name, from malloc: C:\..., or with PROCESS_NAME_NATIVE \Device\... */
static LPWSTR image_name(HANDLE process, DWORD flags)
{
    union {
        UNICODE_STRING text;
        UCHAR room[1024];
    } name;
    if (flags & ~(DWORD)PROCESS_NAME_NATIVE) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    PROCESSINFOCLASS class = flags ? ProcessImageFileName : ProcessImageFileNameWin32;
    if (!win32_result(NtQueryInformationProcess(process, class, &name, sizeof name, NULL)))
        return NULL;
    if (!name.text.Length) { /* System */
        win32_error(ERROR_GEN_FAILURE);
        return NULL;
    }
    return win32_duplicate(name.text.Buffer);
}

/* What fits is the name without its terminator; else ERROR_INSUFFICIENT_BUFFER. */
BOOL WINAPI QueryFullProcessImageNameW(HANDLE hProcess, DWORD dwFlags, LPWSTR lpExeName, PDWORD lpdwSize)
{
    DWORD room;
    LPWSTR name = win32_read(&room, lpdwSize, sizeof room) ? image_name(hProcess, dwFlags) : NULL;
    if (!name)
        return FALSE;
    DWORD length = win32_give_wide(lpExeName, room, name);
    bool fits = length && length < room;
    if (length && !fits)
        win32_error(ERROR_INSUFFICIENT_BUFFER);
    free(name);
    return fits && win32_store(lpdwSize, length);
}

BOOL WINAPI QueryFullProcessImageNameA(HANDLE hProcess, DWORD dwFlags, LPSTR lpExeName, PDWORD lpdwSize)
{
    DWORD room;
    LPWSTR name = win32_read(&room, lpdwSize, sizeof room) ? image_name(hProcess, dwFlags) : NULL;
    if (!name)
        return FALSE;
    DWORD length = win32_give_ansi(lpExeName, room, name);
    bool fits = length && length < room;
    if (length && !fits)
        win32_error(ERROR_INSUFFICIENT_BUFFER);
    free(name);
    return fits && win32_store(lpdwSize, length);
}

/* --- command lines --- */

/* One argument, as Microsoft's C library takes it off a line: quotes join, backslashes count before a quote.
 */
static const char *take_argument(const char *line, char **to)
{
    bool quoted = false;
    for (; *line && (quoted || (*line != ' ' && *line != '\t')); line++) {
        size_t slashes = strspn(line, "\\");
        if (line[slashes] == '"') {
            memset(*to, '\\', slashes / 2);
            *to += slashes / 2;
            line += slashes;
            if (slashes % 2) {
                *(*to)++ = '"';
            } else if (quoted && line[1] == '"') {
                *(*to)++ = '"';
                line++;
            } else {
                quoted = !quoted;
            }
        } else {
            memset(*to, '\\', slashes);
            *to += slashes;
            line += slashes;
            if (!*line || (!quoted && (*line == ' ' || *line == '\t')))
                break;
            *(*to)++ = *line;
        }
    }
    *(*to)++ = 0;
    return line + strspn(line, " \t");
}

struct run {
    int (*main)(int, char **);
    int count;
    char *arguments[];
};

/* In the process heap, which goes with the machine if the thread does not come to free it. */
static struct run *make_run(int (*client_main)(int, char **), const char *line)
{
    size_t most = strlen(line) / 2 + 3, head = sizeof(struct run) + most * sizeof(char *);
    struct run *run = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, head + strlen(line) + 2);
    if (!run)
        return NULL;
    char *to = (char *)run + head;
    run->main = client_main;
    line += strspn(line, " \t");
    while (*line) {
        run->arguments[run->count++] = to;
        line = take_argument(line, &to);
    }
    return run;
}

static uint32_t run_program(void *context)
{
    struct run *run = context;
    int code = run->main(run->count, run->arguments);
    HeapFree(GetProcessHeap(), 0, run);
    end_simulated((UINT)code);
    return (uint32_t)code;
}

/* --- starting --- */

#define KNOWN_FLAGS                                                                                          \
    (CREATE_SUSPENDED | DETACHED_PROCESS | CREATE_NEW_CONSOLE | CREATE_NO_WINDOW | NORMAL_PRIORITY_CLASS |   \
     CREATE_NEW_PROCESS_GROUP | CREATE_UNICODE_ENVIRONMENT)

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '\\');
    return slash ? slash + 1 : path;
}

/* By its whole name, or by its last part when no directory is given; .exe may be left out. */
static const struct machine_program *find_program(const char *name)
{
    char whole[1024];
    if (strlen(name) > sizeof whole - 5)
        return NULL;
    strcpy(whole, name);
    if (!strchr(base_name(whole), '.'))
        strcat(whole, ".exe");
    for (const struct machine_program *p = machine_programs(); p; p = p->next)
        if (!strcasecmp(whole, p->image) || (!strchr(whole, '\\') && !strcasecmp(whole, base_name(p->image))))
            return p;
    return NULL;
}

static bool start_program(const struct machine_program *program, const struct win32_wide *command,
                          const char *line, DWORD flags, PROCESS_INFORMATION *out)
{
    struct win32_wide image;
    struct win32_started started;
    struct run *run = make_run(program->main, line);
    if (!run)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    if (!win32_wide_from_ansi(&image, program->image)) {
        HeapFree(GetProcessHeap(), 0, run);
        return false;
    }
    NTSTATUS status =
        win32_start_process(image.text, (unsigned)image.length, command->text, (unsigned)command->length,
                            run_program, run, flags & CREATE_SUSPENDED, &started);
    win32_wide_free(&image);
    if (!NT_SUCCESS(status)) {
        HeapFree(GetProcessHeap(), 0, run);
        return win32_fail(status);
    }
    *out = (PROCESS_INFORMATION){started.process, started.thread, started.process_id, started.thread_id};
    return true;
}

/* ERROR_FILE_NOT_FOUND: no such program is registered. */
static BOOL create(const struct win32_wide *application, const struct win32_wide *command, BOOL inherit,
                   DWORD flags, LPPROCESS_INFORMATION result)
{
    PROCESS_INFORMATION out;
    const struct win32_wide *line_text = command->text ? command : application;
    if (!line_text->text || flags & ~(DWORD)KNOWN_FLAGS)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (inherit) /* nothing is inherited yet */
        return win32_error(ERROR_NOT_SUPPORTED);
    LPSTR line = win32_narrow(line_text->text);
    LPSTR name = application->text ? win32_narrow(application->text) : NULL;
    char *first = line ? malloc(strlen(line) + 1) : NULL, *to = first;
    if (first)
        take_argument(line, &to);
    BOOL done = FALSE;
    if (!line || !first || (application->text && !name)) {
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
        goto out;
    }
    const struct machine_program *program = find_program(name ? name : first);
    if (!program)
        win32_error(ERROR_FILE_NOT_FOUND);
    else
        done = start_program(program, line_text, line, flags, &out) && win32_write(result, &out, sizeof out);
out:
    free(first);
    free(name);
    free(line);
    return done;
}

BOOL WINAPI CreateProcessW(LPCWSTR lpApplicationName, LPWSTR lpCommandLine,
                           LPSECURITY_ATTRIBUTES lpProcessAttributes,
                           LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles,
                           DWORD dwCreationFlags, LPVOID lpEnvironment, LPCWSTR lpCurrentDirectory,
                           LPSTARTUPINFOW lpStartupInfo, LPPROCESS_INFORMATION lpProcessInformation)
{
    struct win32_wide application, command;
    (void)lpProcessAttributes, (void)lpThreadAttributes, (void)lpEnvironment, (void)lpCurrentDirectory;
    (void)lpStartupInfo;
    if (!win32_wide_from_wide(&application, lpApplicationName))
        return FALSE;
    BOOL done = win32_wide_from_wide(&command, lpCommandLine);
    if (done) {
        done = create(&application, &command, bInheritHandles, dwCreationFlags, lpProcessInformation);
        win32_wide_free(&command);
    }
    win32_wide_free(&application);
    return done;
}

BOOL WINAPI CreateProcessA(LPCSTR lpApplicationName, LPSTR lpCommandLine,
                           LPSECURITY_ATTRIBUTES lpProcessAttributes,
                           LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles,
                           DWORD dwCreationFlags, LPVOID lpEnvironment, LPCSTR lpCurrentDirectory,
                           LPSTARTUPINFOA lpStartupInfo, LPPROCESS_INFORMATION lpProcessInformation)
{
    struct win32_wide application, command;
    (void)lpProcessAttributes, (void)lpThreadAttributes, (void)lpEnvironment, (void)lpCurrentDirectory;
    (void)lpStartupInfo;
    if (!win32_wide_from_ansi(&application, lpApplicationName))
        return FALSE;
    BOOL done = win32_wide_from_ansi(&command, lpCommandLine);
    if (done) {
        done = create(&application, &command, bInheritHandles, dwCreationFlags, lpProcessInformation);
        win32_wide_free(&command);
    }
    win32_wide_free(&application);
    return done;
}
