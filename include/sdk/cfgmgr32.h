/*
 * The configuration manager. Types and numbers; there is no Plug and Play yet, so the functions are only declared, and a client that calls
 * one does not link.
 */
#ifndef NTIO_CFGMGR32_H
#define NTIO_CFGMGR32_H
#define _CFGMGR32_H_

#include <windows.h>

typedef DWORD RETURN_TYPE, CONFIGRET;
typedef DWORD DEVNODE, DEVINST, *PDEVNODE, *PDEVINST;
typedef CHAR *DEVNODEID_A, *DEVINSTID_A;
typedef WCHAR *DEVNODEID_W, *DEVINSTID_W;
typedef HANDLE HMACHINE, *PHMACHINE;
typedef ULONG REGDISPOSITION;

#define MAX_DEVICE_ID_LEN                            200
#define MAX_DEVNODE_ID_LEN                           MAX_DEVICE_ID_LEN
#define MAX_GUID_STRING_LEN                          39
#define MAX_CLASS_NAME_LEN                           32
#define CONFIGMG_VERSION                             0x0400
#define CM_CDMASK_DEVINST                            0x00000001
#define CM_CDMASK_RESDES                             0x00000002
#define CM_CDMASK_FLAGS                              0x00000004
#define CM_CDMASK_DESCRIPTION                        0x00000008
#define CM_CDMASK_VALID                              0x0000000F
#define CM_CDFLAGS_DRIVER                            0x00000001
#define CM_CDFLAGS_ROOT_OWNED                        0x00000002
#define CM_CDFLAGS_RESERVED                          0x00000004
#define CM_RESDES_WIDTH_DEFAULT                      0x00000000
#define CM_RESDES_WIDTH_32                           0x00000001
#define CM_RESDES_WIDTH_64                           0x00000002
#define CM_RESDES_WIDTH_BITS                         0x00000003
#define CM_HWPI_NOT_DOCKABLE                         0x00000000
#define CM_HWPI_UNDOCKED                             0x00000001
#define CM_HWPI_DOCKED                               0x00000002
#define CM_ADD_RANGE_ADDIFCONFLICT                   0x00000000
#define CM_ADD_RANGE_DONOTADDIFCONFLICT              0x00000001
#define CM_ADD_RANGE_BITS                            0x00000001
#define CM_ADD_ID_HARDWARE                           0x00000000
#define CM_ADD_ID_COMPATIBLE                         0x00000001
#define CM_ADD_ID_BITS                               0x00000001
#define CM_CREATE_DEVNODE_NORMAL                     0x00000000
#define CM_CREATE_DEVNODE_NO_WAIT_INSTALL            0x00000001
#define CM_CREATE_DEVNODE_PHANTOM                    0x00000002
#define CM_CREATE_DEVNODE_GENERATE_ID                0x00000004
#define CM_CREATE_DEVNODE_DO_NOT_INSTALL             0x00000008
#define CM_CREATE_DEVNODE_BITS                       0x0000000F
#define CM_CREATE_DEVINST_NORMAL                     CM_CREATE_DEVNODE_NORMAL
#define CM_CREATE_DEVINST_NO_WAIT_INSTALL            CM_CREATE_DEVNODE_NO_WAIT_INSTALL
#define CM_CREATE_DEVINST_PHANTOM                    CM_CREATE_DEVNODE_PHANTOM
#define CM_CREATE_DEVINST_GENERATE_ID                CM_CREATE_DEVNODE_GENERATE_ID
#define CM_CREATE_DEVINST_DO_NOT_INSTALL             CM_CREATE_DEVNODE_DO_NOT_INSTALL
#define CM_CREATE_DEVINST_BITS                       CM_CREATE_DEVNODE_BITS
#define CM_DELETE_CLASS_ONLY                         0x00000000
#define CM_DELETE_CLASS_SUBKEYS                      0x00000001
#define CM_DELETE_CLASS_INTERFACE                    0x00000002
#define CM_DELETE_CLASS_BITS                         0x00000003
#define CM_ENUMERATE_CLASSES_INSTALLER               0x00000000
#define CM_ENUMERATE_CLASSES_INTERFACE               0x00000001
#define CM_ENUMERATE_CLASSES_BITS                    0x00000001
#define CM_DETECT_NEW_PROFILE                        0x00000001
#define CM_DETECT_CRASHED                            0x00000002
#define CM_DETECT_HWPROF_FIRST_BOOT                  0x00000004
#define CM_DETECT_RUN                                0x80000000
#define CM_DETECT_BITS                               0x80000007
#define CM_DISABLE_POLITE                            0x00000000
#define CM_DISABLE_ABSOLUTE                          0x00000001
#define CM_DISABLE_HARDWARE                          0x00000002
#define CM_DISABLE_UI_NOT_OK                         0x00000004
#define CM_DISABLE_PERSIST                           0x00000008
#define CM_DISABLE_BITS                              0x00000007
#define CM_GETIDLIST_FILTER_NONE                     0x00000000
#define CM_GETIDLIST_FILTER_ENUMERATOR               0x00000001
#define CM_GETIDLIST_FILTER_SERVICE                  0x00000002
#define CM_GETIDLIST_FILTER_EJECTRELATIONS           0x00000004
#define CM_GETIDLIST_FILTER_REMOVALRELATIONS         0x00000008
#define CM_GETIDLIST_FILTER_POWERRELATIONS           0x00000010
#define CM_GETIDLIST_FILTER_BUSRELATIONS             0x00000020
#define CM_GETIDLIST_DONOTGENERATE                   0x10000040
#define CM_GETIDLIST_FILTER_TRANSPORTRELATIONS       0x00000080
#define CM_GETIDLIST_FILTER_PRESENT                  0x00000100
#define CM_GETIDLIST_FILTER_CLASS                    0x00000200
#define CM_GETIDLIST_FILTER_BITS                     0x100003FF
#define CM_GET_DEVICE_INTERFACE_LIST_PRESENT         0x00000000
#define CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES     0x00000001
#define CM_GET_DEVICE_INTERFACE_LIST_BITS            0x00000001
#define CM_DRP_DEVICEDESC                            0x00000001
#define CM_DRP_HARDWAREID                            0x00000002
#define CM_DRP_COMPATIBLEIDS                         0x00000003
#define CM_DRP_UNUSED0                               0x00000004
#define CM_DRP_SERVICE                               0x00000005
#define CM_DRP_UNUSED1                               0x00000006
#define CM_DRP_UNUSED2                               0x00000007
#define CM_DRP_CLASS                                 0x00000008
#define CM_DRP_CLASSGUID                             0x00000009
#define CM_DRP_DRIVER                                0x0000000A
#define CM_DRP_CONFIGFLAGS                           0x0000000B
#define CM_DRP_MFG                                   0x0000000C
#define CM_DRP_FRIENDLYNAME                          0x0000000D
#define CM_DRP_LOCATION_INFORMATION                  0x0000000E
#define CM_DRP_PHYSICAL_DEVICE_OBJECT_NAME           0x0000000F
#define CM_DRP_CAPABILITIES                          0x00000010
#define CM_DRP_UI_NUMBER                             0x00000011
#define CM_DRP_UPPERFILTERS                          0x00000012
#define CM_CRP_UPPERFILTERS                          CM_DRP_UPPERFILTERS
#define CM_DRP_LOWERFILTERS                          0x00000013
#define CM_CRP_LOWERFILTERS                          CM_DRP_LOWERFILTERS
#define CM_DRP_BUSTYPEGUID                           0x00000014
#define CM_DRP_LEGACYBUSTYPE                         0x00000015
#define CM_DRP_BUSNUMBER                             0x00000016
#define CM_DRP_ENUMERATOR_NAME                       0x00000017
#define CM_DRP_SECURITY                              0x00000018
#define CM_CRP_SECURITY                              CM_DRP_SECURITY
#define CM_DRP_SECURITY_SDS                          0x00000019
#define CM_CRP_SECURITY_SDS                          CM_DRP_SECURITY_SDS
#define CM_DRP_DEVTYPE                               0x0000001A
#define CM_CRP_DEVTYPE                               CM_DRP_DEVTYPE
#define CM_DRP_EXCLUSIVE                             0x0000001B
#define CM_CRP_EXCLUSIVE                             CM_DRP_EXCLUSIVE
#define CM_DRP_CHARACTERISTICS                       0x0000001C
#define CM_CRP_CHARACTERISTICS                       CM_DRP_CHARACTERISTICS
#define CM_DRP_ADDRESS                               0x0000001D
#define CM_DRP_UI_NUMBER_DESC_FORMAT                 0x0000001E
#define CM_DRP_DEVICE_POWER_DATA                     0x0000001F
#define CM_DRP_REMOVAL_POLICY                        0x00000020
#define CM_DRP_REMOVAL_POLICY_HW_DEFAULT             0x00000021
#define CM_DRP_REMOVAL_POLICY_OVERRIDE               0x00000022
#define CM_DRP_INSTALL_STATE                         0x00000023
#define CM_DRP_LOCATION_PATHS                        0x00000024
#define CM_DRP_BASE_CONTAINERID                      0x00000025
#define CM_DRP_MIN                                   0x00000001
#define CM_CRP_MIN                                   CM_DRP_MIN
#define CM_DRP_MAX                                   0x00000023
#define CM_CRP_MAX                                   CM_DRP_MAX
#define CM_DEVCAP_LOCKSUPPORTED                      0x00000001
#define CM_DEVCAP_EJECTSUPPORTED                     0x00000002
#define CM_DEVCAP_REMOVABLE                          0x00000004
#define CM_DEVCAP_DOCKDEVICE                         0x00000008
#define CM_DEVCAP_UNIQUEID                           0x00000010
#define CM_DEVCAP_SILENTINSTALL                      0x00000020
#define CM_DEVCAP_RAWDEVICEOK                        0x00000040
#define CM_DEVCAP_SURPRISEREMOVALOK                  0x00000080
#define CM_DEVCAP_HARDWAREDISABLED                   0x00000100
#define CM_DEVCAP_NONDYNAMIC                         0x00000200
#define CM_DEVCAP_SECUREDEVICE                       0x00000400
#define CM_REMOVAL_POLICY_EXPECT_NO_REMOVAL          1
#define CM_REMOVAL_POLICY_EXPECT_ORDERLY_REMOVAL     2
#define CM_REMOVAL_POLICY_EXPECT_SURPRISE_REMOVAL    3
#define CM_INSTALL_STATE_INSTALLED                   0
#define CM_INSTALL_STATE_NEEDS_REINSTALL             1
#define CM_INSTALL_STATE_FAILED_INSTALL              2
#define CM_INSTALL_STATE_FINISH_INSTALL              3
#define CM_LOCATE_DEVNODE_NORMAL                     0x00000000
#define CM_LOCATE_DEVNODE_PHANTOM                    0x00000001
#define CM_LOCATE_DEVNODE_CANCELREMOVE               0x00000002
#define CM_LOCATE_DEVNODE_NOVALIDATION               0x00000004
#define CM_LOCATE_DEVNODE_BITS                       0x00000007
#define CM_LOCATE_DEVINST_NORMAL                     CM_LOCATE_DEVNODE_NORMAL
#define CM_LOCATE_DEVINST_PHANTOM                    CM_LOCATE_DEVNODE_PHANTOM
#define CM_LOCATE_DEVINST_CANCELREMOVE               CM_LOCATE_DEVNODE_CANCELREMOVE
#define CM_LOCATE_DEVINST_NOVALIDATION               CM_LOCATE_DEVNODE_NOVALIDATION
#define CM_LOCATE_DEVINST_BITS                       CM_LOCATE_DEVNODE_BITS
#define CM_OPEN_CLASS_KEY_INSTALLER                  0x00000000
#define CM_OPEN_CLASS_KEY_INTERFACE                  0x00000001
#define CM_OPEN_CLASS_KEY_BITS                       0x00000001
#define CM_REMOVE_UI_OK                              0x00000000
#define CM_REMOVE_UI_NOT_OK                          0x00000001
#define CM_REMOVE_NO_RESTART                         0x00000002
#define CM_REMOVE_BITS                               0x00000003
#define CM_QUERY_REMOVE_UI_OK                        CM_REMOVE_UI_OK
#define CM_QUERY_REMOVE_UI_NOT_OK                    CM_REMOVE_UI_NOT_OK
#define CM_REENUMERATE_NORMAL                        0x00000000
#define CM_REENUMERATE_SYNCHRONOUS                   0x00000001
#define CM_REENUMERATE_RETRY_INSTALLATION            0x00000002
#define CM_REENUMERATE_ASYNCHRONOUS                  0x00000004
#define CM_REENUMERATE_BITS                          0x00000007
#define CM_REGISTER_DEVICE_DRIVER_STATIC             0x00000000
#define CM_REGISTER_DEVICE_DRIVER_DISABLEABLE        0x00000001
#define CM_REGISTER_DEVICE_DRIVER_REMOVABLE          0x00000002
#define CM_REGISTER_DEVICE_DRIVER_BITS               0x00000003
#define CM_REGISTRY_HARDWARE                         0x00000000
#define CM_REGISTRY_SOFTWARE                         0x00000001
#define CM_REGISTRY_USER                             0x00000100
#define CM_REGISTRY_CONFIG                           0x00000200
#define CM_REGISTRY_BITS                             0x00000301
#define CM_SET_DEVNODE_PROBLEM_NORMAL                0x00000000
#define CM_SET_DEVNODE_PROBLEM_OVERRIDE              0x00000001
#define CM_SET_DEVNODE_PROBLEM_BITS                  0x00000001
#define CM_SET_DEVINST_PROBLEM_NORMAL                CM_SET_DEVNODE_PROBLEM_NORMAL
#define CM_SET_DEVINST_PROBLEM_OVERRIDE              CM_SET_DEVNODE_PROBLEM_OVERRIDE
#define CM_SET_DEVINST_PROBLEM_BITS                  CM_SET_DEVNODE_PROBLEM_BITS
#define CM_SET_HW_PROF_FLAGS_UI_NOT_OK               0x00000001
#define CM_SET_HW_PROF_FLAGS_BITS                    0x00000001
#define CM_SETUP_DEVNODE_READY                       0x00000000
#define CM_SETUP_DEVINST_READY                       CM_SETUP_DEVNODE_READY
#define CM_SETUP_DOWNLOAD                            0x00000001
#define CM_SETUP_WRITE_LOG_CONFS                     0x00000002
#define CM_SETUP_PROP_CHANGE                         0x00000003
#define CM_SETUP_DEVNODE_RESET                       0x00000004
#define CM_SETUP_DEVINST_RESET                       CM_SETUP_DEVNODE_RESET
#define CM_SETUP_DEVNODE_CONFIG                      0x00000005
#define CM_SETUP_DEVINST_CONFIG                      CM_SETUP_DEVNODE_CONFIG
#define CM_SETUP_DEVNODE_CONFIG_CLASS                0x00000006
#define CM_SETUP_DEVINST_CONFIG_CLASS                CM_SETUP_DEVNODE_CONFIG_CLASS
#define CM_SETUP_DEVNODE_CONFIG_EXTENSIONS           0x00000007
#define CM_SETUP_DEVINST_CONFIG_EXTENSIONS           CM_SETUP_DEVNODE_CONFIG_EXTENSIONS
#define CM_SETUP_DEVNODE_CONFIG_RESET                0x00000008
#define CM_SETUP_DEVINST_CONFIG_RESET                CM_SETUP_DEVNODE_CONFIG_RESET
#define CM_SETUP_BITS                                0x00000007
#define CM_QUERY_ARBITRATOR_RAW                      0x00000000
#define CM_QUERY_ARBITRATOR_TRANSLATED               0x00000001
#define CM_QUERY_ARBITRATOR_BITS                     0x00000001
#define CM_CUSTOMDEVPROP_MERGE_MULTISZ               0x00000001
#define CM_CUSTOMDEVPROP_BITS                        0x00000001
#define CM_NAME_ATTRIBUTE_NAME_RETRIEVED_FROM_DEVICE 0x1
#define CM_NAME_ATTRIBUTE_USER_ASSIGNED_NAME         0x2
#define CM_CLASS_PROPERTY_INSTALLER                  0x00000000
#define CM_CLASS_PROPERTY_INTERFACE                  0x00000001
#define CM_CLASS_PROPERTY_BITS                       0x00000001
#define CM_NOTIFY_FILTER_FLAG_ALL_INTERFACE_CLASSES  0x00000001
#define CM_NOTIFY_FILTER_FLAG_ALL_DEVICE_INSTANCES   0x00000002
#define CR_SUCCESS                                   0x00000000
#define CR_DEFAULT                                   0x00000001
#define CR_OUT_OF_MEMORY                             0x00000002
#define CR_INVALID_POINTER                           0x00000003
#define CR_INVALID_FLAG                              0x00000004
#define CR_INVALID_DEVNODE                           0x00000005
#define CR_INVALID_DEVINST                           CR_INVALID_DEVNODE
#define CR_INVALID_RES_DES                           0x00000006
#define CR_INVALID_LOG_CONF                          0x00000007
#define CR_INVALID_ARBITRATOR                        0x00000008
#define CR_INVALID_NODELIST                          0x00000009
#define CR_DEVNODE_HAS_REQS                          0x0000000A
#define CR_DEVINST_HAS_REQS                          CR_DEVNODE_HAS_REQS
#define CR_INVALID_RESOURCEID                        0x0000000B
#define CR_DLVXD_NOT_FOUND                           0x0000000C
#define CR_NO_SUCH_DEVNODE                           0x0000000D
#define CR_NO_SUCH_DEVINST                           CR_NO_SUCH_DEVNODE
#define CR_NO_MORE_LOG_CONF                          0x0000000E
#define CR_NO_MORE_RES_DES                           0x0000000F
#define CR_ALREADY_SUCH_DEVNODE                      0x00000010
#define CR_ALREADY_SUCH_DEVINST                      CR_ALREADY_SUCH_DEVNODE
#define CR_INVALID_RANGE_LIST                        0x00000011
#define CR_INVALID_RANGE                             0x00000012
#define CR_FAILURE                                   0x00000013
#define CR_NO_SUCH_LOGICAL_DEV                       0x00000014
#define CR_CREATE_BLOCKED                            0x00000015
#define CR_NOT_SYSTEM_VM                             0x00000016
#define CR_REMOVE_VETOED                             0x00000017
#define CR_APM_VETOED                                0x00000018
#define CR_INVALID_LOAD_TYPE                         0x00000019
#define CR_BUFFER_SMALL                              0x0000001A
#define CR_NO_ARBITRATOR                             0x0000001B
#define CR_NO_REGISTRY_HANDLE                        0x0000001C
#define CR_REGISTRY_ERROR                            0x0000001D
#define CR_INVALID_DEVICE_ID                         0x0000001E
#define CR_INVALID_DATA                              0x0000001F
#define CR_INVALID_API                               0x00000020
#define CR_DEVLOADER_NOT_READY                       0x00000021
#define CR_NEED_RESTART                              0x00000022
#define CR_NO_MORE_HW_PROFILES                       0x00000023
#define CR_DEVICE_NOT_THERE                          0x00000024
#define CR_NO_SUCH_VALUE                             0x00000025
#define CR_WRONG_TYPE                                0x00000026
#define CR_INVALID_PRIORITY                          0x00000027
#define CR_NOT_DISABLEABLE                           0x00000028
#define CR_FREE_RESOURCES                            0x00000029
#define CR_QUERY_VETOED                              0x0000002A
#define CR_CANT_SHARE_IRQ                            0x0000002B
#define CR_NO_DEPENDENT                              0x0000002C
#define CR_SAME_RESOURCES                            0x0000002D
#define CR_NO_SUCH_REGISTRY_KEY                      0x0000002E
#define CR_INVALID_MACHINENAME                       0x0000002F
#define CR_REMOTE_COMM_FAILURE                       0x00000030
#define CR_MACHINE_UNAVAILABLE                       0x00000031
#define CR_NO_CM_SERVICES                            0x00000032
#define CR_ACCESS_DENIED                             0x00000033
#define CR_CALL_NOT_IMPLEMENTED                      0x00000034
#define CR_INVALID_PROPERTY                          0x00000035
#define CR_DEVICE_INTERFACE_ACTIVE                   0x00000036
#define CR_NO_SUCH_DEVICE_INTERFACE                  0x00000037
#define CR_INVALID_REFERENCE_STRING                  0x00000038
#define CR_INVALID_CONFLICT_LIST                     0x00000039
#define CR_INVALID_INDEX                             0x0000003A
#define CR_INVALID_STRUCTURE_SIZE                    0x0000003B
#define CM_PROB_NOT_CONFIGURED                       0x00000001
#define CM_PROB_DEVLOADER_FAILED                     0x00000002
#define CM_PROB_OUT_OF_MEMORY                        0x00000003
#define CM_PROB_ENTRY_IS_WRONG_TYPE                  0x00000004
#define CM_PROB_LACKED_ARBITRATOR                    0x00000005
#define CM_PROB_BOOT_CONFIG_CONFLICT                 0x00000006
#define CM_PROB_FAILED_FILTER                        0x00000007
#define CM_PROB_DEVLOADER_NOT_FOUND                  0x00000008
#define CM_PROB_INVALID_DATA                         0x00000009
#define CM_PROB_FAILED_START                         0x0000000A
#define CM_PROB_LIAR                                 0x0000000B
#define CM_PROB_NORMAL_CONFLICT                      0x0000000C
#define CM_PROB_NOT_VERIFIED                         0x0000000D
#define CM_PROB_NEED_RESTART                         0x0000000E
#define CM_PROB_REENUMERATION                        0x0000000F
#define CM_PROB_PARTIAL_LOG_CONF                     0x00000010
#define CM_PROB_UNKNOWN_RESOURCE                     0x00000011
#define CM_PROB_REINSTALL                            0x00000012
#define CM_PROB_REGISTRY                             0x00000013
#define CM_PROB_VXDLDR                               0x00000014
#define CM_PROB_WILL_BE_REMOVED                      0x00000015
#define CM_PROB_DISABLED                             0x00000016
#define CM_PROB_DEVLOADER_NOT_READY                  0x00000017
#define CM_PROB_DEVICE_NOT_THERE                     0x00000018
#define CM_PROB_MOVED                                0x00000019
#define CM_PROB_TOO_EARLY                            0x0000001A
#define CM_PROB_NO_VALID_LOG_CONF                    0x0000001B
#define CM_PROB_FAILED_INSTALL                       0x0000001C
#define CM_PROB_HARDWARE_DISABLED                    0x0000001D
#define CM_PROB_CANT_SHARE_IRQ                       0x0000001E
#define CM_PROB_FAILED_ADD                           0x0000001F
#define CM_PROB_DISABLED_SERVICE                     0x00000020
#define CM_PROB_TRANSLATION_FAILED                   0x00000021
#define CM_PROB_NO_SOFTCONFIG                        0x00000022
#define CM_PROB_BIOS_TABLE                           0x00000023
#define CM_PROB_IRQ_TRANSLATION_FAILED               0x00000024
#define CM_PROB_FAILED_DRIVER_ENTRY                  0x00000025
#define CM_PROB_DRIVER_FAILED_PRIOR_UNLOAD           0x00000026
#define CM_PROB_DRIVER_FAILED_LOAD                   0x00000027
#define CM_PROB_DRIVER_SERVICE_KEY_INVALID           0x00000028
#define CM_PROB_LEGACY_SERVICE_NO_DEVICES            0x00000029
#define CM_PROB_DUPLICATE_DEVICE                     0x0000002A
#define CM_PROB_FAILED_POST_START                    0x0000002B
#define CM_PROB_HALTED                               0x0000002C
#define CM_PROB_PHANTOM                              0x0000002D
#define CM_PROB_SYSTEM_SHUTDOWN                      0x0000002E
#define CM_PROB_HELD_FOR_EJECT                       0x0000002F
#define CM_PROB_DRIVER_BLOCKED                       0x00000030
#define CM_PROB_REGISTRY_TOO_LARGE                   0x00000031
#define CM_PROB_SETPROPERTIES_FAILED                 0x00000032
#define CM_PROB_WAITING_ON_DEPENDENCY                0x00000033
#define CM_PROB_UNSIGNED_DRIVER                      0x00000034
#define CM_PROB_USED_BY_DEBUGGER                     0x00000035
#define CM_PROB_DEVICE_RESET                         0x00000036
#define CM_PROB_CONSOLE_LOCKED                       0x00000037
#define CM_PROB_NEED_CLASS_CONFIG                    0x00000038
#define CM_PROB_GUEST_ASSIGNMENT_FAILED              0x00000039
#define DN_ROOT_ENUMERATED                           0x00000001
#define DN_DRIVER_LOADED                             0x00000002
#define DN_ENUM_LOADED                               0x00000004
#define DN_STARTED                                   0x00000008
#define DN_MANUAL                                    0x00000010
#define DN_NEED_TO_ENUM                              0x00000020
#define DN_NOT_FIRST_TIME                            0x00000040
#define DN_HARDWARE_ENUM                             0x00000080
#define DN_LIAR                                      0x00000100
#define DN_HAS_MARK                                  0x00000200
#define DN_HAS_PROBLEM                               0x00000400
#define DN_FILTERED                                  0x00000800
#define DN_MOVED                                     0x00001000
#define DN_DISABLEABLE                               0x00002000
#define DN_REMOVABLE                                 0x00004000
#define DN_PRIVATE_PROBLEM                           0x00008000
#define DN_MF_PARENT                                 0x00010000
#define DN_MF_CHILD                                  0x00020000
#define DN_WILL_BE_REMOVED                           0x00040000
#define DN_NOT_FIRST_TIMEE                           0x00080000
#define DN_STOP_FREE_RES                             0x00100000
#define DN_REBAL_CANDIDATE                           0x00200000
#define DN_BAD_PARTIAL                               0x00400000
#define DN_NT_ENUMERATOR                             0x00800000
#define DN_NT_DRIVER                                 0x01000000
#define DN_NEEDS_LOCKING                             0x02000000
#define DN_ARM_WAKEUP                                0x04000000
#define DN_APM_ENUMERATOR                            0x08000000
#define DN_APM_DRIVER                                0x10000000
#define DN_SILENT_INSTALL                            0x20000000
#define DN_NO_SHOW_IN_DM                             0x40000000
#define DN_BOOT_LOG_PROB                             0x80000000
#define DN_NEED_RESTART                              DN_LIAR
#define DN_DRIVER_BLOCKED                            DN_NOT_FIRST_TIME
#define DN_LEGACY_DRIVER                             DN_MOVED
#define DN_CHILD_WITH_INVALID_ID                     DN_HAS_MARK
#define DN_DEVICE_DISCONNECTED                       DN_NEEDS_LOCKING
#define DN_QUERY_REMOVE_PENDING                      DN_MF_PARENT
#define DN_QUERY_REMOVE_ACTIVE                       DN_MF_CHILD

#ifdef __cplusplus
extern "C" {
#endif

CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeA(PULONG pulLen, LPGUID InterfaceClassGuid, DEVINSTID_A pDeviceID,
                                                    ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeW(PULONG pulLen, LPGUID InterfaceClassGuid, DEVINSTID_W pDeviceID,
                                                    ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Device_Interface_ListA(LPGUID InterfaceClassGuid, DEVINSTID_A pDeviceID, PCHAR Buffer,
                                               ULONG BufferLen, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Device_Interface_ListW(LPGUID InterfaceClassGuid, DEVINSTID_W pDeviceID, PWCHAR Buffer,
                                               ULONG BufferLen, ULONG ulFlags);
CONFIGRET WINAPI CM_Locate_DevNodeA(PDEVINST pdnDevInst, DEVINSTID_A pDeviceID, ULONG ulFlags);
CONFIGRET WINAPI CM_Locate_DevNodeW(PDEVINST pdnDevInst, DEVINSTID_W pDeviceID, ULONG ulFlags);
CONFIGRET WINAPI CM_Reenumerate_DevNode(DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_DevNode_Status(PULONG pulStatus, PULONG pulProblemNumber, DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Parent(PDEVINST pdnDevInst, DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Child(PDEVINST pdnDevInst, DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Sibling(PDEVINST pdnDevInst, DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Device_IDA(DEVINST dnDevInst, PCHAR Buffer, ULONG BufferLen, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Device_IDW(DEVINST dnDevInst, PWCHAR Buffer, ULONG BufferLen, ULONG ulFlags);

#ifdef __cplusplus
}
#endif

#ifdef UNICODE
#define CM_Get_Device_Interface_List_Size CM_Get_Device_Interface_List_SizeW
#define CM_Get_Device_Interface_List      CM_Get_Device_Interface_ListW
#define CM_Locate_DevNode                 CM_Locate_DevNodeW
#define CM_Get_Device_ID                  CM_Get_Device_IDW
#else
#define CM_Get_Device_Interface_List_Size CM_Get_Device_Interface_List_SizeA
#define CM_Get_Device_Interface_List      CM_Get_Device_Interface_ListA
#define CM_Locate_DevNode                 CM_Locate_DevNodeA
#define CM_Get_Device_ID                  CM_Get_Device_IDA
#endif
#define CM_Locate_DevInst     CM_Locate_DevNode
#define CM_Reenumerate_DevInst CM_Reenumerate_DevNode
#define CM_Get_DevInst_Status CM_Get_DevNode_Status

#endif
