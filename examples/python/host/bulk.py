"""Lists of bytes, moved at once. The `wasmtime` package makes one Python object of each byte, which takes an hour for a gigabyte.

A `list<u8>` is an array of the C API's values in memory, and each byte lies at the same place in its value: this writes and reads them with
a stride. It knows the inside of the package, so `requirements.txt` names one version.
"""

import ctypes

from wasmtime import _ffi as ffi
from wasmtime.component import ListType

VALUE = ffi.wasmtime_component_val_t
SIZE, KIND, BYTE = ctypes.sizeof(VALUE), VALUE.kind.offset, VALUE.of.offset


def install():
    """Makes lists of bytes fast."""
    one_by_one_to_c, one_by_one_from_c = ListType.convert_to_c, ListType.convert_from_c

    def convert_to_c(self, store, val, ptr):
        if isinstance(val, bytes) and self._is_bytes():
            to_c(val, ptr)
        else:
            one_by_one_to_c(self, store, val, ptr)

    def convert_from_c(self, c):
        return from_c(c) if self._is_bytes() else one_by_one_from_c(self, c)

    ListType.convert_to_c, ListType.convert_from_c = convert_to_c, convert_from_c


def to_c(val, ptr):
    image = bytearray(SIZE * len(val))
    image[KIND::SIZE] = bytes([ffi.WASMTIME_COMPONENT_U8.value]) * len(val)
    image[BYTE::SIZE] = val
    values = ffi.wasmtime_component_vallist_t()
    ffi.wasmtime_component_vallist_new_uninit(values, len(val))
    ctypes.memmove(values.data, bytes(image), len(image))
    ptr.contents.kind = ffi.WASMTIME_COMPONENT_LIST
    ptr.contents.of.list = values


def from_c(c):
    values = c.of.list
    val = ctypes.string_at(values.data, SIZE * values.size)[BYTE::SIZE] if values.size else b""
    ffi.wasmtime_component_vallist_delete(values)
    return val
