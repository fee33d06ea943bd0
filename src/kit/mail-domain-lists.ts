const words = (text: string): Set<string> => new Set(text.trim().split(/\s+/))

/** Brands that are mail providers under every public suffix. */
export const FREE_MAIL_FAMILIES = words(`
  yahoo ymail rocketmail hotmail outlook gmx googlemail aol yandex protonmail rediffmail
`)

/** Providers that the short list of `email-providers` lacks. */
export const MORE_FREE_MAIL = words(`
  gmx.ch gmx.fr pm.me proton.ch tutanota.com tutanota.de tuta.io tuta.com fastmail.com fastmail.net mailfence.com
  posteo.de posteo.net mailbox.org duck.com hushmail.me zohomail.com zohomail.eu zohomail.in myyahoo.com live.co.uk
  live.fr live.de live.it live.nl live.be live.ca live.com.au live.com.mx live.com.pt live.com.ar live.cl live.dk
  live.no live.se live.at live.ie live.in live.jp live.cn msn.cn hanmail.net kakao.com sina.com.cn sohu.com vip.163.com
  vip.qq.com vip.sina.com 139.com 189.cn wo.cn aliyun.com inbox.ru bk.ru internet.ru mail.ua meta.ua ukr.net freemail.hu
  citromail.hu bigmir.net tut.by mail.bg email.cz post.cz volny.cz azet.sk zoznam.sk centrum.sk op.pl interia.eu
  poczta.onet.pl tlen.pl freenet.net kabelmail.de vodafone.de unitybox.de gmail.co.in bol.com.br terra.com.mx
  hotmail.com.br prodigy.net.mx libero.it tim.it alice.it fastwebnet.it virgilio.it aruba.it pec.it bluemail.ch
  hispeed.ch sunrise.ch chello.at aon.at kpnmail.nl ziggo.nl xs4all.nl online.no telia.com comhem.se bredband.net
  mail.dk pt.lu btinternet.co.uk blueyonder.com plus.net xtra.co.nz bigpond.com.au videotron.ca bell.net
  ezweb.ne.jp softbank.ne.jp i.softbank.jp au.com nifty.com biglobe.ne.jp ocn.ne.jp so-net.ne.jp infoseek.jp
  surfeu.de
`)

/** On the provider list, but an address there is more often that of an employee or student. */
export const EMPLOYERS = words(`
  alibaba.com about.com ancestry.com facebook.com discovery.com space.com nus.edu.sg medscape.com techspot.com
  parrot.com aver.com oath.com dnsmadeeasy.com unican.es singpost.com law.com name.com dailypioneer.com swissinfo.org
  doityourself.com looksmart.com scubadiving.com example.com test.com www.com
`)

/** Well-known providers of throw-away mailboxes; lists of every one of them are megabytes and never complete. */
export const DISPOSABLE_DOMAINS = words(`
  mailinator.com mailinator.net mailinator2.com guerrillamail.com guerrillamail.net guerrillamail.org guerrillamail.biz
  guerrillamail.de guerrillamail.info guerrillamailblock.com sharklasers.com grr.la pokemail.net spam4.me
  10minutemail.com 10minutemail.net 10minutemail.de 20minutemail.com 33mail.com temp-mail.org temp-mail.io tempmail.com
  tempmail.net tempmail.de tempmail.plus tempmailo.com tempail.com tempr.email tempinbox.com temporary-mail.net
  tmpmail.org tmpmail.net minutemail.com emailondeck.com yopmail.com yopmail.net yopmail.fr cool.fr.nf jetable.fr.nf
  jetable.org nospam.ze.tc trashmail.com trashmail.net trashmail.de trashmail.me trash-mail.com wegwerfmail.de
  wegwerfmail.net wegwerfmail.org spambog.com spambog.de spamgourmet.com spamex.com spambox.us spamfree24.org
  mytrashmail.com mintemail.com mailnesia.com mailcatch.com maildrop.cc mailnull.com mailmetrash.com mailexpire.com
  mailmoat.com mailtemp.info mail-temp.com mail-temporaire.fr moakt.com moakt.cc mohmal.com nada.email getnada.com
  getairmail.com dispostable.com discard.email discardmail.com discardmail.de dropmail.me drdrb.com
  fakeinbox.com fakemail.net fakemailgenerator.com throwawaymail.com throwam.com incognitomail.org
  inboxalias.com inboxkitten.com inboxbear.com burnermail.io burner.kiwi anonbox.net anonaddy.me bugmenot.com
  bccto.me chacuo.net deadaddress.com e4ward.com einrot.com emailfake.com emailsensei.com emailtemporanea.com
  armyspy.com cuvox.de dayrep.com fleckens.hu gustr.com jourrapide.com rhyta.com superrito.com teleworm.us
  harakirimail.com hidemail.de kasmail.com klzlk.com linshiyouxiang.net luxusmail.org
  mail7.io muellmail.com onewaymail.com owlpic.com privacy.net proxymail.eu rcpt.at safetymail.info
  sneakemail.com sogetthis.com soodonims.com tafmail.com thankyou2010.com thisisnotmyrealemail.com trbvm.com
  vomoto.com zetmail.com zoemail.org 1secmail.com 1secmail.net 1secmail.org esiix.com wwjmp.com byom.de
`)

/** RFC 2606 and placeholders that people type into forms. */
export const RESERVED_DOMAINS = words(
  'example.com example.net example.org test.com www.com yourdomain.com mydomain.com domain.com',
)

/** Whole local parts. */
export const ROLE_NAMES = words(`
  abuse accounting accounts accountspayable accountsreceivable admin administration administrator all-staff ap ar
  asistencia atencion ayuda bestellung bestellungen bewerbung billing bookings buchhaltung career careers commercial
  commerciale communications community compliance compras comptabilite contabilidad contact contacto contactus
  contato customercare customers customerservice customersupport desk dev developers direction dpo do-not-reply
  donotreply einkauf email engineering enquiries enquiry everyone facturacion facturation feedback finance financeiro
  frontdesk general hallo hello help helpdesk hi hostmaster hr info information inquiries inquiry invoice invoices
  investors it jobs kontakt kundenservice kundservice legal list mail mailbox mailer-daemon management marketing media
  membership news newsletter no-reply noc noreply notifications office online operations ops order orders partner
  partners payments payroll people personal post postmaster pr presse press privacy procurement purchasing
  receivables reception rechnung rechnungen recruiting recruitment registrar reply reservations returns root sales
  secretary security server service services shipping shop soporte ssl-admin staff subscribe suggerimenti supply
  support suporte sysadmin system team tech techsupport test training travel unsubscribe usenet uucp vendas ventas
  vente verkauf vertrieb web webadmin webmaster welcome zentrale
`)

/** Local parts that stay a role with a suffix: `sales.uk`, `support-team`. Short words that are also names are left out. */
export const ROLE_PREFIXES = words(`
  accounting accounts billing careers contact customerservice donotreply finance helpdesk info invoices jobs
  kontakt marketing newsletter no-reply noreply notifications office orders payments press procurement purchasing
  reception recruiting sales service support ventas vertrieb webmaster
`)
