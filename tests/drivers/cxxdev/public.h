/* What the driver and its clients share. */
#ifndef CXXDEV_PUBLIC_H
#define CXXDEV_PUBLIC_H

#define CXXDEV_TYPE 0x8123
#define IOCTL_CXX_PUSH   CTL_CODE(CXXDEV_TYPE, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS) /* ULONG: one more number */
#define IOCTL_CXX_SUM    CTL_CODE(CXXDEV_TYPE, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS) /* their sum, ULONG */
#define IOCTL_CXX_SQUARE CTL_CODE(CXXDEV_TYPE, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS) /* ULONG in, its square out */
#define IOCTL_CXX_TRY    CTL_CODE(CXXDEV_TYPE, 0x803, METHOD_NEITHER, FILE_ANY_ACCESS)  /* reads the input, writes its length */
#define IOCTL_CXX_SELF   CTL_CODE(CXXDEV_TYPE, 0x804, METHOD_BUFFERED, FILE_ANY_ACCESS) /* a bit for each thing that is wrong */
#define IOCTL_CXX_PURE   CTL_CODE(CXXDEV_TYPE, 0x805, METHOD_BUFFERED, FILE_ANY_ACCESS) /* calls a pure virtual function */
#define IOCTL_CXX_ARRAY  CTL_CODE(CXXDEV_TYPE, 0x806, METHOD_BUFFERED, FILE_ANY_ACCESS) /* ULONG in: as many objects; how many went, out */

struct cxx_number {
    unsigned Value;
};

#endif
