"""What the kernel shows of the lab's devices in /dev, /proc/asound and /sys."""

import os
import re
import shutil

SOC = "sys/devices/platform/soc"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def link(path, target):
    """A relative link, as the kernel makes them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(os.path.relpath(target, path.parent))


def _replace(path, text):
    """In one step: whoever reads sees the old or the new."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text)
    fresh.rename(path)


def usb_device(card):
    """The folder of its USB device: hubs on the way are folders of their own."""
    bus, _, ports = card.usb.partition("-")
    folder = card.lab.world / SOC / "fe980000.usb" / f"usb{bus}"
    steps = ports.split(".")
    for count in range(1, len(steps) + 1):
        folder /= f"{bus}-" + ".".join(steps[:count])
    return folder


def device_folder(card):
    """What the card's `device` link points at: a USB interface, or a platform device."""
    if card.usb:
        return usb_device(card) / f"{card.usb}:1.0"
    return card.lab.world / SOC / card.device


def _plug_usb(card):
    device = usb_device(card)
    facts = {"idVendor": card.vendor, "idProduct": card.product, "serial": card.serial,
             "manufacturer": card.maker, "product": card.title, "busnum": card.usb.split("-")[0],
             "devnum": "4", "speed": "480", "bcdDevice": "0100"}
    for name, value in facts.items():
        if value is not None:
            write(device / name, f"{value}\n")
    write(device / f"{card.usb}:1.0" / "bInterfaceClass", "01\n")
    link(card.lab.world / "sys/bus/usb/devices" / card.usb, device)


def plug(card, mode):
    world, number = card.lab.world, card.number
    if card.usb:
        _plug_usb(card)
    device = device_folder(card)
    folder = device / "sound" / f"card{number}"
    driver = "snd-usb-audio" if card.usb else card.driver
    write(world / "sys/bus/drivers" / driver / "uevent", "")
    link(device / "driver", world / "sys/bus/drivers" / driver)
    write(folder / "id", f"{card.id}\n")
    write(folder / "number", f"{number}\n")
    write(folder / "uevent", "")
    link(folder / "device", device)
    link(world / f"sys/class/sound/card{number}", folder)
    for node in card.nodes():
        write(folder / node.name / "uevent", f"DEVNAME=snd/{node.name}\n")
        link(folder / node.name / "device", folder)
        link(world / "sys/class/sound" / node.name, folder / node.name)
        if node.name.startswith("pcm"):
            write(folder / node.name / "pcm_class", "generic\n")
    _plug_proc(card)
    list_cards(card.lab)
    for node in card.nodes():
        _make_node(card, node, 0o600 if mode else 0)
    for node in card.nodes() if mode else ():
        node.chmod(mode)
    for path in _udev_links(card):
        link(path, world / f"dev/snd/controlC{number}")


def _make_node(device, path, mode):
    """It appears at once and whole, and whoever watches the folder sees it made: a link does both."""
    fresh = device.folder / "node.new"
    fresh.write_text(device.folder.name + "\n")
    fresh.chmod(mode)
    path.hardlink_to(fresh)
    fresh.unlink()


def _udev_links(card):
    """The names that udev gives control nodes."""
    folder = card.lab.world / "dev/snd"
    if card.usb:
        port = card.usb.split("-")[1]
        yield folder / "by-path" / f"platform-fe980000.usb-usb-0:{port}:1.0"
        serial = f"_{card.serial}" if card.serial else ""
        maker = (card.maker or card.vendor or "").replace(" ", "_")
        yield folder / "by-id" / f"usb-{maker}_{card.title.replace(' ', '_')}{serial}-00"
    else:
        yield folder / "by-path" / f"platform-{card.device}"


def _plug_proc(card):
    folder = card.lab.world / f"proc/asound/card{card.number}"
    write(folder / "id", f"{card.id}\n")
    if card.usb:
        write(folder / "usbid", f"{card.vendor}:{card.product}\n")
        write(folder / "usbbus", f"{int(card.usb.split('-')[0]):03}/004\n")
    for direction, pcm in card.pcms:
        device = pcm.get("device", 0)
        title = pcm.get("name", "USB Audio" if card.usb else card.title)
        about = (f"card: {card.number}\ndevice: {device}\nsubdevice: 0\nstream: {direction.upper()}\nid: {title}\n"
                 f"name: {title}\nsubname: subdevice #0\nclass: 0\nsubclass: 0\nsubdevices_count: 1\n"
                 "subdevices_avail: 1\n")
        place = folder / f"pcm{device}{direction[0]}"
        write(place / "info", about)
        write(place / "sub0/info", about)
        for name in ("status", "hw_params", "sw_params"):
            write(place / "sub0" / name, "closed\n")
    link(card.lab.world / "proc/asound" / card.id, folder)


def list_cards(lab):
    """/proc/asound/cards, devices and pcm."""
    there = sorted((card for card in lab.cards if card.number is not None), key=lambda card: card.number)
    cards, devices, pcms = [], [], []
    for card in there:
        cards.append(f"{card.number:2} [{card.id:<15}]: {card.driver} - {card.title}\n{'':22}{card.long_name}\n")
        devices.append(f"{card.number * 32:3}: [{card.number:2}]   : control\n")
        for direction, pcm in card.pcms:
            device = pcm.get("device", 0)
            devices.append(f"{card.number * 32 + 16 + device:3}: [{card.number:2}-{device:2}]: digital audio {direction}\n")
            pcms.append(f"{card.number:02}-{device:02}: {card.title} : {card.title} : {direction} 1\n")
    folder = lab.world / "proc/asound"
    _replace(folder / "cards", "".join(cards) or "--- no soundcards ---\n")
    _replace(folder / "devices", "".join(devices))
    _replace(folder / "pcm", "".join(pcms))
    _replace(folder / "version", "Advanced Linux Sound Architecture Driver Version k6.1.0.\n")


def unplug(card):
    world = card.lab.world
    for path in _udev_links(card):
        path.unlink(missing_ok=True)
    for node in reversed(list(card.nodes())):
        node.unlink()
        (world / "sys/class/sound" / node.name).unlink()
    (world / f"sys/class/sound/card{card.number}").unlink()
    (world / "proc/asound" / card.id).unlink()
    shutil.rmtree(world / f"proc/asound/card{card.number}")
    if card.usb:
        (world / "sys/bus/usb/devices" / card.usb).unlink()
        shutil.rmtree(usb_device(card))
    else:
        shutil.rmtree(device_folder(card))
    number, card.number = card.number, None
    list_cards(card.lab)
    card.number = number


def hold(card, process):
    """Who has it open, in /proc/asound; no process: nobody."""
    for direction, pcm in card.pcms:
        status = card.lab.world / f"proc/asound/card{card.number}/pcm{pcm.get('device', 0)}{direction[0]}/sub0/status"
        status.write_text(
            f"state: RUNNING\nowner_pid   : {process}\ntrigger_time: 1.000000000\n" if process else "closed\n")


def _input_folder(device):
    return device.lab.world / SOC / f"buttons-{device.folder.name}" / "input" / f"input{device.number}"


def plug_input(device):
    world = device.lab.world
    folder = _input_folder(device)
    event = f"event{device.number}"
    facts = {"name": device.name, "phys": device.phys, "uniq": device.uniq, "properties": "0",
             "id/bustype": f"{device.words[2]:04x}", "id/vendor": f"{device.vendor:04x}",
             "id/product": f"{device.product:04x}", "id/version": f"{device.version:04x}",
             "capabilities/ev": device.capabilities(6, 1), "capabilities/sw": device.capabilities(7, 1),
             "capabilities/key": device.capabilities(9, 12)}
    for name, text in facts.items():
        write(folder / name, text + "\n")
    write(folder / event / "uevent", f"DEVNAME=input/{event}\n")
    link(folder / event / "device", folder)
    link(world / "sys/class/input" / event, folder / event)
    link(world / "sys/class/input" / folder.name, folder)
    _make_node(device, world / "dev/input" / event, 0o660)
    link(_input_by_path(device), world / "dev/input" / event)


def _input_by_path(device):
    name = re.sub(r"[^A-Za-z0-9]+", "-", device.name)
    return device.lab.world / "dev/input/by-path" / f"{device.bus}-{name}-event"


def unplug_input(device):
    world = device.lab.world
    event = f"event{device.number}"
    _input_by_path(device).unlink(missing_ok=True)
    (world / "dev/input" / event).unlink()
    (world / "sys/class/input" / event).unlink()
    (world / "sys/class/input" / f"input{device.number}").unlink()
    shutil.rmtree(_input_folder(device))
