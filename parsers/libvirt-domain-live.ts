import { readDomains } from './libvirt/domain.ts'
import { parser } from './parser.ts'

/**
 * A running libvirt domain: /run/libvirt/qemu/VM.xml, or `virsh dumpxml VM` while it runs.
 *
 *     <domstatus state='running' reason='booted' pid='4711'>
 *       <domain type='kvm' id='3'>
 */
export default parser({ gives: 'libvirt-domain-live', parse: evidence => readDomains(evidence, 'live') })
