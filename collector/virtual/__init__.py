"""Sensors and a radio that exist only in memory: the test bench, and `demo --ble`.

Above the radio all is real: the Bluetooth stack of bumble (HCI, L2CAP, ATT, GATT) at
both ends, and bleak in front of it. What is modelled: the air, the chips, the shoes.
"""
