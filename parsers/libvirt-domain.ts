import { readDomains } from './libvirt/domain.ts'
import { parser } from './parser.ts'

/**
 * A stored libvirt domain: /etc/libvirt/qemu/VM.xml, `virsh dumpxml --inactive VM`, or several in one text.
 *
 *     <hostdev mode='subsystem' type='pci' managed='yes'>
 *       <source><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source>
 */
export default parser({ gives: 'libvirt-domain', parse: evidence => readDomains(evidence, 'stored') })
