/** Code, then names in the form of `regionKey`, separated by `/`; one line a country. ISO 3166-2 without the country. */
const REGIONS = `
US AL alabama/AK alaska/AZ arizona/AR arkansas/CA california calif/CO colorado/CT connecticut/DE delaware/DC districtofcolumbia washingtondc/FL florida/GA georgia/HI hawaii/ID idaho/IL illinois/IN indiana/IA iowa/KS kansas/KY kentucky/LA louisiana/ME maine/MD maryland/MA massachusetts mass/MI michigan/MN minnesota/MS mississippi/MO missouri/MT montana/NE nebraska/NV nevada/NH newhampshire/NJ newjersey/NM newmexico/NY newyork/NC northcarolina/ND northdakota/OH ohio/OK oklahoma/OR oregon/PA pennsylvania penn/RI rhodeisland/SC southcarolina/SD southdakota/TN tennessee/TX texas/UT utah/VT vermont/VA virginia/WA washington/WV westvirginia/WI wisconsin/WY wyoming/PR puertorico/GU guam/VI virginislands
CA AB alberta/BC britishcolumbia colombiebritannique/MB manitoba/NB newbrunswick nouveaubrunswick/NL newfoundlandandlabrador newfoundland/NS novascotia nouvelleecosse/NT northwestterritories/NU nunavut/ON ontario/PE princeedwardisland/QC quebec/SK saskatchewan/YT yukon
AU ACT australiancapitalterritory/NSW newsouthwales/NT northernterritory/QLD queensland/SA southaustralia/TAS tasmania/VIC victoria/WA westernaustralia
DE BW badenwurttemberg badenwuerttemberg/BY bayern bavaria/BE berlin/BB brandenburg/HB bremen/HH hamburg/HE hessen hesse/MV mecklenburgvorpommern/NI niedersachsen lowersaxony/NW nordrheinwestfalen nrw northrhinewestphalia/RP rheinlandpfalz/SL saarland/SN sachsen saxony/ST sachsenanhalt/SH schleswigholstein/TH thuringen thueringen
AT 1 burgenland/2 karnten carinthia/3 niederosterreich/4 oberosterreich/5 salzburg/6 steiermark styria/7 tirol tyrol/8 vorarlberg/9 wien vienna
BR AC acre/AL alagoas/AP amapa/AM amazonas/BA bahia/CE ceara/DF distritofederal/ES espiritosanto/GO goias/MA maranhao/MT matogrosso/MS matogrossodosul/MG minasgerais/PA para/PB paraiba/PR parana/PE pernambuco/PI piaui/RJ riodejaneiro/RN riograndedonorte/RS riograndedosul/RO rondonia/RR roraima/SC santacatarina/SP saopaulo/SE sergipe/TO tocantins
IN AP andhrapradesh/AR arunachalpradesh/AS assam/BR bihar/CG chhattisgarh/GA goa/GJ gujarat/HR haryana/HP himachalpradesh/JH jharkhand/KA karnataka/KL kerala/MP madhyapradesh/MH maharashtra/MN manipur/ML meghalaya/MZ mizoram/NL nagaland/OD odisha orissa/PB punjab/RJ rajasthan/SK sikkim/TN tamilnadu/TS telangana/TR tripura/UP uttarpradesh/UK uttarakhand/WB westbengal/DL delhi newdelhi/CH chandigarh/JK jammuandkashmir
MX AGU aguascalientes/BCN bajacalifornia/BCS bajacaliforniasur/CAM campeche/CHP chiapas/CHH chihuahua/CMX ciudaddemexico cdmx mexicocity/COA coahuila/COL colima/DUR durango/GUA guanajuato/GRO guerrero/HID hidalgo/JAL jalisco/MEX estadodemexico mexico/MIC michoacan/MOR morelos/NAY nayarit/NLE nuevoleon/OAX oaxaca/PUE puebla/QUE queretaro/ROO quintanaroo/SLP sanluispotosi/SIN sinaloa/SON sonora/TAB tabasco/TAM tamaulipas/TLA tlaxcala/VER veracruz/YUC yucatan/ZAC zacatecas
PK PB punjab/SD sindh sind/KP khyberpakhtunkhwa kpk/BA balochistan/IS islamabad/GB gilgitbaltistan/JK azadkashmir
GB ENG england/SCT scotland/WLS wales cymru/NIR northernireland
`

/** Country → key of a name or code → code. */
export const REGION_CODES: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  REGIONS.trim()
    .split('\n')
    .map((line) => {
      const country = line.slice(0, 2)
      const codes = new Map<string, string>()
      for (const entry of line.slice(3).split('/')) {
        const [code, ...names] = entry.split(' ')
        for (const name of names) codes.set(name, code!)
        codes.set(code!.toLowerCase(), code!)
      }
      return [country, codes] as const
    }),
)
