/*
 * ntio: the NT I/O manager in user mode. The test side's header.
 *
 * A test links against ntio::ntio, starts the machine, loads drivers by name and talks to them through the
 * Win32 and Nt* calls of <windows.h>. Neither a driver nor a client includes this file.
 */
#ifndef NTIO_H
#define NTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NTIO_API __attribute__((visibility("default")))

/** What ntio_options.verifier selects; the environment's NTIO_VERIFIER speaks where this is DEFAULT. */
typedef enum ntio_verifier {
    NTIO_VERIFIER_DEFAULT,
    NTIO_VERIFIER_OFF,
    NTIO_VERIFIER_STANDARD,
    NTIO_VERIFIER_FULL,
} ntio_verifier;

/** Special pool: each block of pool, IRP and system buffer on pages of its own, see docs/options.md. */
typedef enum ntio_special_pool {
    NTIO_SPECIAL_POOL_DEFAULT,
    NTIO_SPECIAL_POOL_OFF,
    NTIO_SPECIAL_POOL_END,   /**< blocks end where their pages do: overruns fault */
    NTIO_SPECIAL_POOL_START, /**< blocks begin where their pages do: underruns fault */
} ntio_special_pool;

/** What is traced; the environment's NTIO_TRACE=1 means NTIO_TRACE_IRP. */
enum {
    NTIO_TRACE_IRP = 1,   /**< the way of every IRP */
    NTIO_TRACE_CALLS = 2, /**< every DDI a driver calls */
};

/** While a driver's dispatch routine runs, the client's memory (ntio_options.isolation). The environment's NTIO_ISOLATION. */
typedef enum ntio_isolation {
    NTIO_ISOLATION_DEFAULT, /**< what the environment says; neither: off */
    NTIO_ISOLATION_OFF,
    NTIO_ISOLATION_REPORT, /**< "report" or "1": an access that is not allowed is a violation, and goes on */
    NTIO_ISOLATION_FAULT,  /**< "fault": it is a violation, and faults as if the client had taken the memory away */
} ntio_isolation;

/** Where output is looked at that was never written (ntio_options.stale); the environment's NTIO_STALE is their sum. */
enum {
    NTIO_STALE_BUFFERED = 1, /**< system buffers: what would reach the client is the kernel's old memory */
    NTIO_STALE_DIRECT = 2,   /**< the client's own output buffers, too: they are filled with a pattern first */
};

/** Receives log text: whole lines, not terminated by a zero; length in bytes. May be called on any thread. */
typedef void ntio_log_routine(void *context, const char *text, size_t length);

typedef struct ntio_options {
    ntio_verifier verifier;
    unsigned trace;          /**< NTIO_TRACE_*; 0: what the environment says */
    ntio_log_routine *log;   /**< where DbgPrint, trace and reports go; NULL: stderr */
    void *log_context;
    bool debugger;           /**< a kernel debugger is attached that logs each break point and goes on; else as Windows
                                  without one, a bug check. The environment's NTIO_DEBUGGER=1 says the same. */
    unsigned processors;     /**< how many the machine has; 0: as many as the host */
    size_t kernel_stacks;    /**< drivers run on stacks of so many bytes, as in the kernel: 24 * 1024 on x64, 12 * 1024 on x86; 0: what
                                  the environment's NTIO_KERNEL_STACKS says ("24K", "12K"; "1": 24K); neither: on the
                                  host's, which are far larger. */
    bool contexts;           /**< a client's memory (VirtualAlloc's) is out of reach of threads in another process's context, as it
                                  is from the first ntio_process_create on. The environment's NTIO_CONTEXTS=1 says the same. */
    ntio_isolation isolation; /**< while a dispatch routine runs, memory that the client got from VirtualAlloc or ntio_user_alloc is
                                  out of reach but for ranges that the request's driver has probed, inside a __try; MDLs and the
                                  system's own copies are not concerned. See docs/options.md. */
    bool direct_read_only;   /**< client memory that was locked for reading (METHOD_IN_DIRECT, writes) is mapped read-only: a store is
                                  bug check 0xBE. The environment's NTIO_DIRECT_READ_ONLY=1. */
    unsigned double_fetch;   /**< 0: what the environment's NTIO_DOUBLE_FETCH says, neither: off. Else a seed: while a request with raw
                                  or direct buffers is handled, bytes of them that the driver reads a second time have changed, and
                                  that is a violation. Only on x86-64 without ThreadSanitizer; else ntio_start fails. */
    bool move_buffers;       /**< raw and direct buffers of a request that are on a stack or from malloc are replaced by copies in the
                                  client's own kind of memory while it is handled, so that the options above and true second addresses
                                  reach them. The environment's NTIO_MOVE_BUFFERS=1. */
    unsigned stale;          /**< NTIO_STALE_*; 0: what the environment says */
    ntio_special_pool special_pool; /**< where in its pages a block of special pool lies; DEFAULT: what the environment's
                                  NTIO_SPECIAL_POOL says ("end" or "1", "start"), else there is none. */
    bool paged_out;          /**< paged pool cannot be touched at DISPATCH_LEVEL and above. The environment's NTIO_PAGED_OUT=1 says
                                  the same. */
    const char *root;        /**< a directory of the host that is the volume C:, so that its file a/b is C:\a\b; the directories
                                  Windows, Windows/System32/drivers and Windows/Temp are made in it. NULL: what the environment's
                                  NTIO_ROOT says; neither: C: has no files but the images of drivers. Names are found
                                  whatever their case; no name and no link leads out of it. Not copied: it has to stay until
                                  ntio_start has returned. */
} ntio_options;

/**
 * Boots the machine.
 * @param options NULL for the defaults. A zeroed structure means the same.
 * @return 0, or -1 when it is already running, the root is no directory, an option is not there on this processor or the host
 * refused memory (the log says which).
 */
NTIO_API int ntio_start(const ntio_options *options);

/**
 * Stops the machine: unloads the drivers still loaded, frees everything, reports leaks and violations on the log.
 * Not from inside ntio_run_in_kernel or a driver: there it is refused, and a violation.
 * @return how many leaks and violations there were since ntio_start; 0 when the machine was not running.
 */
NTIO_API int ntio_stop(void);

/**
 * Loads the driver whose service name is `name` (as given to ntio_add_driver) and calls its DriverEntry in the
 * context of the System process at PASSIVE_LEVEL.
 * @return NTSTATUS of DriverEntry; STATUS_IMAGE_ALREADY_LOADED when it is loaded, STATUS_OBJECT_NAME_NOT_FOUND when no image of
 * that name is registered, STATUS_INVALID_IMAGE_FORMAT when it cannot be loaded.
 */
NTIO_API int32_t ntio_load_driver(const char *name);

/**
 * Unloads it as NtUnloadDriver does: STATUS_INVALID_DEVICE_REQUEST when it has no DriverUnload; STATUS_SUCCESS, with
 * DriverUnload called later, when a device of it is still open.
 */
NTIO_API int32_t ntio_unload_driver(const char *name);

/**
 * Makes an image known: `name` is the service name, `path` the shared object that ntio_add_driver built. The CMake
 * functions call this before main; it may be called before ntio_start. A name registered again replaces the old path.
 */
NTIO_API void ntio_register_image(const char *name, const char *path);

/**
 * Runs routine(context) on the calling thread as the kernel would: PreviousMode KernelMode, System process. For tests that call
 * DDIs themselves.
 */
NTIO_API void ntio_run_in_kernel(void (*routine)(void *context), void *context);

/**
 * Raises an interrupt, as the device of a driver under test would: calls the service routines that IoConnectInterrupt(Ex)
 * connected to the vector, on the calling thread, each at its SynchronizeIrql and holding its spin lock, then lowers the IRQL
 * again, which runs the DPCs they queued if the caller is below DISPATCH_LEVEL. Of those that share a level-sensitive vector the
 * first to return TRUE is the last to be called.
 * @return whether a service routine said that the interrupt was its device's. False too when none is connected, or the caller's
 * IRQL is not below the interrupt's.
 */
NTIO_API bool ntio_raise_interrupt(uint32_t vector);

/**
 * Raises an interrupt that cannot be masked: calls what KeRegisterNmiCallback registered, on the calling thread at HIGH_LEVEL.
 * Bug check 0x80 when none of them says that it has handled it.
 * @return true.
 */
NTIO_API bool ntio_raise_nmi(void);

/**
 * Answers a client's MessageBox: text and caption in UTF-8, type its MB_*. Returns IDOK, IDYES, ... or 0 for the default button.
 */
typedef int ntio_message_box(void *context, const char *text, const char *caption, unsigned type);
/** From now until ntio_stop; NULL: the default button, as of a user who presses Enter. The text goes to the log either way. */
NTIO_API void ntio_answer_message_boxes(ntio_message_box *answer, void *context);

/** Who answers for a range of the processor's I/O ports: the device of a driver under test. */
typedef struct ntio_ports {
    uint32_t first, count; /**< within 0 to 0xFFFF */
    uint32_t (*read)(void *context, uint32_t port, unsigned size); /**< size 1, 2 or 4; NULL: all ones are read */
    void (*write)(void *context, uint32_t port, unsigned size, uint32_t value); /**< NULL: what is written is lost */
    void *context;
} ntio_ports;

/**
 * Lets a simulated device answer for ports: READ_PORT_* and WRITE_PORT_* of drivers call its functions, on the driver's thread and at
 * its IRQL, possibly on several threads at once. They may call ntio_raise_interrupt, and must neither wait nor remove the ports.
 * Ports for which nobody answers read as all ones. Valid until ntio_remove_ports or ntio_stop; *ports is copied.
 * @return STATUS_SUCCESS; STATUS_CONFLICTING_ADDRESSES when somebody answers for one of them already, STATUS_INVALID_PARAMETER for a
 * range that does not fit, STATUS_UNSUCCESSFUL (the machine is not running), STATUS_INSUFFICIENT_RESOURCES.
 */
NTIO_API int32_t ntio_add_ports(const ntio_ports *ports);

/** Takes the range that begins at `first` away, when the accesses under way are over. */
NTIO_API void ntio_remove_ports(uint32_t first);

/** Who answers for model-specific registers of the processor. */
typedef struct ntio_msrs {
    uint32_t first, count;
    uint64_t (*read)(void *context, uint32_t msr); /**< NULL: they read as 0 */
    void (*write)(void *context, uint32_t msr, uint64_t value); /**< NULL: what is written is lost */
    void *context;
} ntio_msrs;

/**
 * Lets the processor have registers for __readmsr and __writemsr of drivers; those that nobody answers for raise
 * STATUS_ACCESS_VIOLATION. All else is as with ntio_add_ports, results as well. A function that wants to know the processor asks
 * KeGetCurrentProcessorNumber.
 */
NTIO_API int32_t ntio_add_msrs(const ntio_msrs *msrs);

/** Takes the range that begins at `first` away, when the accesses under way are over. */
NTIO_API void ntio_remove_msrs(uint32_t first);

/** A range of physical addresses with the registers or the memory of a driver's device. */
typedef struct ntio_memory {
    uint64_t address, size; /**< whole pages of 4096 bytes, above 0 and below 32 GB */
    uint64_t (*read)(void *context, uint64_t offset, unsigned size); /**< size 1, 2, 4 or 8; NULL: the bytes are read */
    void (*write)(void *context, uint64_t offset, unsigned size, uint64_t value); /**< NULL: the bytes are written */
    void *context;
} ntio_memory;

/**
 * Lets a simulated device have memory: drivers map it with MmMapIoSpace (or MmMapIoSpaceEx, or a view of "\Device\PhysicalMemory").
 * Behind it stand plain bytes, zero at first, which every mapping shows and the test reads and writes through *bytes. READ_REGISTER_*
 * and WRITE_REGISTER_* of drivers call the functions instead, where there are any: on the driver's thread and at its IRQL, possibly on
 * several threads at once. They may use the bytes and call ntio_raise_interrupt, and must neither wait nor remove the memory.
 * Where drivers go through plain pointers, they always meet the bytes. Valid until ntio_remove_memory or ntio_stop; *memory is copied.
 * @param bytes filled in with where the bytes are; may be NULL.
 * @return STATUS_SUCCESS; STATUS_CONFLICTING_ADDRESSES when some of the addresses are a device's already, or mapped, or RAM in use;
 * STATUS_INVALID_PARAMETER for a range that does not fit, STATUS_UNSUCCESSFUL (the machine is not running), STATUS_NOT_SUPPORTED (a
 * host that cannot map memory twice), STATUS_INSUFFICIENT_RESOURCES.
 */
NTIO_API int32_t ntio_add_memory(const ntio_memory *memory, void **bytes);

/** Takes the range that begins at `address` away, when the calls under way are over. What drivers have mapped they keep. */
NTIO_API void ntio_remove_memory(uint64_t address);

/**
 * Client memory as VirtualAlloc gives it: zeroed, page-aligned, readable and writable, its pages mapped a second time when a
 * driver gets their system address.
 * @param size in bytes, more than 0; whole pages are taken.
 * @return NULL when there is none left or the machine is not running. ntio_stop takes back what was not freed.
 */
NTIO_API void *ntio_user_alloc(size_t size);

/** Gives it back; pages that a driver has locked live on until they are unlocked. NULL is allowed. */
NTIO_API void ntio_user_free(void *memory);

/** Whose the client's processes are. */
typedef enum ntio_user {
    NTIO_USER_ADMINISTRATOR, /**< of the group Administrators, elevated: the default */
    NTIO_USER_USER,          /**< of the group Users */
    NTIO_USER_RESTRICTED,    /**< an administrator's restricted token: rights must be granted to RC, too */
    NTIO_USER_SYSTEM,        /**< LocalSystem, as services run */
} ntio_user;

/**
 * Gives the client process a new token. Handles that are open keep the access they were granted; what is opened from now on is checked
 * against the new user's rights. ntio_start begins with the administrator.
 * @return STATUS_SUCCESS, or STATUS_INVALID_PARAMETER, STATUS_UNSUCCESSFUL (the machine is not running), STATUS_INSUFFICIENT_RESOURCES.
 */
NTIO_API int32_t ntio_set_client_user(ntio_user user);

/**
 * Makes a program known that CreateProcess can start, as a simulated process: client_main(argc, argv) runs on a thread of its own, and
 * what it returns is the exit code. Its globals and its exit() are the whole test's; ExitProcess ends the simulated process alone.
 * @param image "C:\\Tools\\a.exe", UTF-8. A program registered again replaces the old one. May be called before ntio_start.
 */
NTIO_API void ntio_register_program(const char *image, int (*client_main)(int argc, char **argv));

/** A simulated process: handles, memory (VirtualAlloc's) and a token of its own. */
typedef struct ntio_process ntio_process;

typedef struct ntio_process_options {
    const char *image;        /**< "C:\\Tools\\a.exe", UTF-8; without a directory it is one of C:\'s. NULL: "process.exe". No such
                                   file need be there. */
    const char *command_line; /**< NULL: the image in quotes */
    const ntio_user *user;    /**< whose it is; NULL: as its parent */
    ntio_process *parent;     /**< NULL: the process the caller is in, which is the default client unless ntio_process_call says
                                   otherwise */
} ntio_process_options;

/**
 * Starts a process, which drivers are told of and may refuse, with a main thread that waits to be played (ntio_process_call).
 * @param options NULL for the defaults. Nothing of it is needed afterwards.
 * @param process Goes to ntio_process_end in the end; NULL on failure.
 * @return NTSTATUS: STATUS_OBJECT_PATH_SYNTAX_BAD for another image than one on a drive, what a driver put into CreationStatus,
 * STATUS_UNSUCCESSFUL (the machine is not running), STATUS_INSUFFICIENT_RESOURCES.
 */
NTIO_API int32_t ntio_process_create(const ntio_process_options *options, ntio_process **process);

/**
 * Runs routine(context) on the calling thread, as the process's main thread (as another one when somebody plays that already):
 * what the routine opens, allocates or asks is that process's. Threads that it makes with CreateThread are too. Nests.
 * @return false when the thread or the process was ended meanwhile, or had ended: the routine was left where it was, or not called.
 */
NTIO_API bool ntio_process_call(ntio_process *process, void (*routine)(void *context), void *context);

/** Its identifier, as GetCurrentProcessId in it. */
NTIO_API uint32_t ntio_process_id(ntio_process *process);

/** Its exit status; STATUS_PENDING (0x103) while it runs. */
NTIO_API int32_t ntio_process_status(ntio_process *process);

/**
 * Ends the process as TerminateProcess does, if it runs, waits until its threads are gone, its handles closed and its memory given
 * back, and forgets it. Not from inside it. ntio_stop does the same for what is left.
 * @return STATUS_SUCCESS; STATUS_TIMEOUT (and a violation) when a thread of it stayed in the client's code for five seconds.
 */
NTIO_API int32_t ntio_process_end(ntio_process *process, int32_t status);

/**
 * Sets a registry value, as the system would, and makes the keys on the way. Callbacks and access rights are passed by;
 * who waits for changes is told.
 * @param path UTF-8: "HKEY_LOCAL_MACHINE\\SOFTWARE\\x", "HKLM\\...", or NT's "\\Registry\\Machine\\...". HKEY_CURRENT_USER is
 * the client's.
 * @param name of the value, UTF-8; "" for the default one. NULL with size 0: only the key is made.
 * @param type REG_*: 1 is REG_SZ, 4 REG_DWORD, ...
 * @param data, size the bytes as they are stored; a string is UTF-16 with its terminator.
 * @return NTSTATUS: STATUS_OBJECT_PATH_SYNTAX_BAD for a path of another form, STATUS_INVALID_PARAMETER when the machine is
 * not running. The registry is as new when the machine starts again.
 */
NTIO_API int32_t ntio_registry_set(const char *path, const char *name, uint32_t type, const void *data, size_t size);

/**
 * Reads a .reg file ("Windows Registry Editor Version 5.00", UTF-16 with a byte order mark or UTF-8; "REGEDIT4" too) into the
 * registry: keys, strings, dword:, hex:, hex(n):, deletion of values (=-) and of keys ([-...]).
 * @return NTSTATUS: STATUS_OBJECT_NAME_NOT_FOUND when the file cannot be read; STATUS_INVALID_PARAMETER for what is no such
 * file, and the log says in which line. What stood before that line has been done.
 */
NTIO_API int32_t ntio_registry_load(const char *reg_file);

/**
 * Writes a key and everything below it, but for volatile keys and links, as a .reg file in UTF-8.
 * @param path as for ntio_registry_set.
 * @return NTSTATUS: STATUS_OBJECT_NAME_NOT_FOUND when there is no such key, STATUS_UNSUCCESSFUL when the file cannot be written.
 */
NTIO_API int32_t ntio_registry_save(const char *path, const char *reg_file);

/**
 * How much of a kernel stack (ntio_options.kernel_stacks) a driver's dispatch routine has used at most, with all that it calls; a
 * routine that uses very little is told as some hundred bytes. The same is written to the log when the machine stops.
 * @param driver the service name.
 * @param major IRP_MJ_*: 0 create, 2 close, 3 read, 4 write, 14 device control, ...
 * @return bytes; 0 when the routine has not run or the option is off. For one that was left by an exception nothing is known.
 */
NTIO_API size_t ntio_stack_used(const char *driver, unsigned major);

/**
 * Enables event providers (ETW, TraceLogging, WPP), or turns them off: tells those that are registered, and sets it for those that
 * will be. Every provider is enabled from the start, unless the environment says NTIO_ETW=0; its events go to the log.
 * @param provider the GUID as text, with or without braces; NULL: all those that no call has named.
 * @param level the highest that is written: 1 critical, 2 error, 3 warning, 4 information, 5 verbose; 0 or 255 all.
 * @param keywords events with one of them, or with none, are written; 0: all. WPP's flags are bits 0 to 31.
 * @return STATUS_SUCCESS, or STATUS_INVALID_PARAMETER (no GUID, or the machine is not running), STATUS_NO_MEMORY.
 */
NTIO_API int32_t ntio_etw_enable(const char *provider, bool on, uint8_t level, uint64_t keywords);

/** An entry of the error log, as a driver wrote it. */
typedef struct ntio_error_entry {
    char source[128];         /**< the driver: "\Driver\name" */
    char device[128];         /**< the device that was given to IoAllocateErrorLogEntry; "" for a driver's entry */
    uint8_t major_function;
    uint8_t retry_count;
    uint16_t event_category;
    int32_t error_code;       /**< the message's number */
    uint32_t unique_value;
    int32_t final_status;
    uint32_t sequence_number;
    uint32_t io_control_code;
    uint64_t device_offset;
    uint16_t dump_size;       /**< in bytes */
    uint16_t string_count;
    uint8_t dump[240];
    char strings[512];        /**< UTF-8, each terminated */
} ntio_error_entry;

/**
 * Reads the error log (IoWriteErrorLogEntry).
 * @param index 0 is the oldest entry since the machine started.
 * @return false when there are not so many.
 */
NTIO_API bool ntio_error_log(size_t index, ntio_error_entry *entry);

/** A bug check that was caught. */
typedef struct ntio_bugcheck {
    uint32_t code;
    uint64_t parameters[4];
    char report[4096]; /**< the text that would have been printed, terminated */
} ntio_bugcheck;

/**
 * Runs body(context) and expects the machine to bug-check meanwhile, on any thread. The machine is then stopped without
 * running any more of it, and can be started again with ntio_start (ntio_stop in between is allowed and returns 0).
 * @return true and the facts in *caught, or false when body returned without a bug check.
 */
NTIO_API bool ntio_catch_bugcheck(void (*body)(void *context), void *context, ntio_bugcheck *caught);

#ifdef __cplusplus
}
#endif
#endif
